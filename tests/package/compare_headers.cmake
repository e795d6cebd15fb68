# SPDX-License-Identifier: MIT
# cmake -DINCLUDE=<folder> -DINSTALLED=<folder> -P compare_headers.cmake
#
# Fails unless every file under gradus/ in INCLUDE is also in INSTALLED, with the same content.

file(GLOB_RECURSE files RELATIVE ${INCLUDE} ${INCLUDE}/gradus/*)
foreach(file IN LISTS files)
  if(NOT EXISTS ${INSTALLED}/${file})
    message(SEND_ERROR "${file} is not installed")
    continue()
  endif()
  file(SHA256 ${INCLUDE}/${file} ours)
  file(SHA256 ${INSTALLED}/${file} installed)
  if(NOT ours STREQUAL installed)
    message(SEND_ERROR "${file} differs from the installed file")
  endif()
endforeach()
list(LENGTH files count)
if(count LESS 100)
  message(SEND_ERROR "found ${count} headers, expected at least 100")
endif()
message(STATUS "${count} headers are installed")
