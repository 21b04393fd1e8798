set(PATTER_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

# A shared object must say what it needs; a sanitizer's own symbols come from the program.
if(PATTER_SANITIZE)
  add_compile_options(-fsanitize=${PATTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PATTER_SANITIZE})
  set(PATTER_LINK_DEFS "")
  if(PATTER_FUZZ)
    add_compile_options(-fsanitize=fuzzer-no-link)
  endif()
  # gcc warns that TSan does not see fences; the core's only order a store before a load of atomics.
  if(PATTER_SANITIZE STREQUAL thread AND CMAKE_C_COMPILER_ID STREQUAL GNU)
    add_compile_options(-Wno-tsan)
  endif()
else()
  set(PATTER_LINK_DEFS -Wl,-z,defs)
endif()
