# What `cmake --install` gives: find_package(patter), pkg-config patter and patter-exporter.
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/patter)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(TARGETS patter patter-headers EXPORT patter-targets
        LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT patter-targets NAMESPACE patter:: DESTINATION ${package_dir})

configure_package_config_file(cmake/patterConfig.cmake.in ${CMAKE_BINARY_DIR}/patterConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS PATTER_INSTALL_EXPORTERS_DIR)
# Before 1.0 a minor version may change what programs see; the plugin ABI has a number of its own.
write_basic_package_version_file(${CMAKE_BINARY_DIR}/patterConfigVersion.cmake
                                 COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/patterConfig.cmake ${CMAKE_BINARY_DIR}/patterConfigVersion.cmake
        DESTINATION ${package_dir})

# The .pc files find their prefix from where they lie, so that a moved installation works.
file(RELATIVE_PATH pc_to_prefix /prefix/${pkgconfig_dir} /prefix)
string(REGEX REPLACE "/$" "" pc_to_prefix ${pc_to_prefix})
foreach(name patter patter-exporter)
  configure_file(cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${pkgconfig_dir})
endforeach()

install(DIRECTORY config/ DESTINATION ${CMAKE_INSTALL_DATADIR}/patter FILES_MATCHING PATTERN *.yaml)

# A program that is linked right after the installation must find the library without more ado.
install(CODE [[
  if(NOT "$ENV{DESTDIR}" AND CMAKE_INSTALL_PREFIX MATCHES "^/usr(/local)?/?$")
    execute_process(COMMAND /sbin/ldconfig OUTPUT_QUIET ERROR_QUIET)
  endif()
]])
