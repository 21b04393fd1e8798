set(PATTER_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

# A shared object must say what it needs; a sanitizer's own symbols come from the program.
if(PATTER_SANITIZE)
  add_compile_options(-fsanitize=${PATTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PATTER_SANITIZE})
  set(PATTER_LINK_DEFS "")
else()
  set(PATTER_LINK_DEFS -Wl,-z,defs)
endif()
