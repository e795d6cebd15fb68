# SPDX-License-Identifier: MIT
# cmake -DINCLUDE=<folder> -P check_umbrellas.cmake
#
# Reads the #include lines of all headers and fails unless
# - gradus.hpp and io.hpp include each header after its own includes, as they promise;
# - gradus.hpp reaches every header that needs only Eigen;
# - no header that gradus.hpp reaches includes a system header, whose macros would leak into every program.

cmake_minimum_required(VERSION 3.22)

# The reasons why a header may be missing from gradus.hpp. The standard library includes some of these too: <atomic> of
# gcc 12 includes <unistd.h>. terminal.hpp needs <sys/ioctl.h> and fork.hpp <pthread.h>, which are not on the list.
set(system_header "^(fcntl\\.h|unistd\\.h|windows\\.h|sys/(mman|stat|file|xattr|types)\\.h)$")
set(other_library "^(zlib\\.h|curl/.*|openssl/.*|mpi\\.h|nlohmann/.*|unsupported/.*)$")

file(GLOB_RECURSE headers RELATIVE ${INCLUDE} ${INCLUDE}/gradus/*.hpp)
foreach(header IN LISTS headers)
  file(STRINGS ${INCLUDE}/${header} lines REGEX "^#include <")
  set(own_${header})
  set(others_${header})
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^#include <([^>]*)>.*" "\\1" name "${line}")
    if(name MATCHES "\\.inc$")
      file(STRINGS ${INCLUDE}/${name} ignored) # fails if the file does not exist
    elseif(name MATCHES "^gradus/")
      list(APPEND own_${header} ${name})
    else()
      list(APPEND others_${header} ${name})
    endif()
  endforeach()
endforeach()

# Appends all headers that a header reaches, including itself, to the list `reached`.
macro(reach header)
  if(NOT "${header}" IN_LIST reached)
    list(APPEND reached ${header})
    foreach(next IN LISTS "own_${header}")
      reach(${next})
    endforeach()
  endif()
endmacro()

# Appends the headers that an umbrella lists, in order, to the list `order`. Umbrella headers are directly in gradus/.
macro(flatten umbrella)
  foreach(next IN LISTS "own_${umbrella}")
    if(next MATCHES "^gradus/[a-z]+\\.hpp$" AND own_${next})
      flatten(${next})
    elseif(NOT next IN_LIST order)
      list(APPEND order ${next})
    endif()
  endforeach()
endmacro()

foreach(umbrella IN ITEMS gradus/gradus.hpp gradus/io.hpp)
  set(order)
  flatten(${umbrella})
  list(LENGTH order count)
  if(count LESS 8)
    message(SEND_ERROR "${umbrella} lists ${count} headers")
  endif()
  set(seen)
  foreach(header IN LISTS order)
    set(reached)
    reach(${header})
    foreach(needed IN LISTS reached)
      if(needed IN_LIST order AND NOT needed IN_LIST seen AND NOT needed STREQUAL header)
        message(SEND_ERROR "${umbrella} lists ${header} before ${needed}, which it includes")
      endif()
    endforeach()
    list(APPEND seen ${header})
  endforeach()
endforeach()

set(reached)
reach(gradus/gradus.hpp)
set(with_gradus ${reached})
foreach(header IN LISTS with_gradus)
  foreach(name IN LISTS others_${header})
    if(name MATCHES "${system_header}")
      message(SEND_ERROR "${header}, which gradus.hpp reaches, includes <${name}>")
    endif()
  endforeach()
endforeach()

foreach(header IN LISTS headers)
  if(header IN_LIST with_gradus OR header STREQUAL "gradus/io.hpp")
    continue()
  endif()
  set(reached)
  reach(${header})
  set(reason)
  foreach(needed IN LISTS reached)
    foreach(name IN LISTS others_${needed})
      if(name MATCHES "${system_header}|${other_library}")
        set(reason ${name})
      endif()
    endforeach()
  endforeach()
  if(NOT reason AND NOT header MATCHES "^gradus/io/")
    message(SEND_ERROR "${header} needs Eigen alone, but gradus.hpp does not reach it")
  endif()
endforeach()
list(LENGTH with_gradus count)
message(STATUS "gradus.hpp reaches ${count} headers")
