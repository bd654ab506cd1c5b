# What is put in place below a prefix: by `make install`, `cmake --install` and the Debian package.

install(TARGETS unrig)

# Found from the program, wherever that lies: src/cli/places.h. The tests of the applications stay
# in: every module is part of what a stack is known by.
set(data ${CMAKE_INSTALL_DATADIR}/unrig)
install(DIRECTORY stacks scenarios vintages apps DESTINATION ${data}
        PATTERN __pycache__ EXCLUDE PATTERN node_modules EXCLUDE PATTERN target EXCLUDE)
install(PROGRAMS .tools/bin/uv DESTINATION ${data}/.tools/bin OPTIONAL)
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME copyright)

# Made by the program itself, of the definitions of its options.
set(manual ${CMAKE_CURRENT_BINARY_DIR}/unrig.1.gz)
add_custom_command(OUTPUT ${manual}
  COMMAND sh -c "\"$1\" help --man >unrig.1 && gzip -9nf unrig.1" sh $<TARGET_FILE:unrig>
  DEPENDS unrig
  VERBATIM)
add_custom_target(unrig_manual ALL DEPENDS ${manual})
install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

set(completions src/cli/completions)
install(FILES ${completions}/unrig.bash
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME unrig)
install(FILES ${completions}/unrig.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Debian's zsh looks at /usr/local/share/zsh/site-functions, but not at the same below /usr.
install(CODE "
  set(folder site-functions)
  if(CMAKE_INSTALL_PREFIX MATCHES \"/usr$\")
    set(folder vendor-completions)
  endif()
  file(INSTALL DESTINATION \"\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/zsh/\${folder}\"
       TYPE FILE RENAME _unrig FILES \"${CMAKE_CURRENT_SOURCE_DIR}/${completions}/unrig.zsh\")")

# The Debian package: `make package`. What the chain and the environments of the stacks need is
# recommended, not required: `unrig load` and stored runs take nothing of it. It is what stands in
# the list below the build tools.
file(STRINGS tools/packages.txt lines)
set(in_chain FALSE)
set(recommended)
foreach(line ${lines})
  if(line MATCHES "^# The chain under test")
    set(in_chain TRUE)
  elseif(in_chain AND line MATCHES "^[a-z]")
    list(APPEND recommended ${line})
  endif()
endforeach()
list(JOIN recommended ", " CPACK_DEBIAN_PACKAGE_RECOMMENDS)
set_property(DIRECTORY APPEND PROPERTY
             CMAKE_CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tools/packages.txt)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME unrig)
set(CPACK_PACKAGE_CONTACT "the unrig authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "measures web stacks and says what the numbers are worth")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Whatever the umask of who makes it.
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION web)
set(CPACK_DEBIAN_COMPRESSION_TYPE xz)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
    ${CMAKE_SOURCE_DIR}/packaging/postinst ${CMAKE_SOURCE_DIR}/packaging/postrm)
include(CPack)
