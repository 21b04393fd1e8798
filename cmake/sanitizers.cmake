set(PATTER_SANITIZE "" CACHE STRING "Sanitizers to build with: address,undefined or thread")

if(PATTER_SANITIZE)
  add_compile_options(-fsanitize=${PATTER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${PATTER_SANITIZE})
endif()
