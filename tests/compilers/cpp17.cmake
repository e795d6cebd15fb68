# SPDX-License-Identifier: MIT
# cmake "-DCOMMAND=<compiler and flags>" -DINCLUDE=<folder> "-DHEADERS=<headers, relative to it>" -DSOURCE=<file to write>
#       -P cpp17.cmake
#
# Checks that under C++17 each header gives a single error that says what is missing, instead of thousands of errors.
#
# The error comes from version.hpp, where the compiler stops. A header that includes another header of the library
# before any code of its own stops there as well, so it need not be compiled: the other header is tested anyway. What
# remains are the headers of other libraries that are included first; they are compiled together and must give no error.
# Headers of any other form are compiled.

cmake_minimum_required(VERSION 3.22)

function(compile text result output)
  file(WRITE ${SOURCE} "${text}")
  execute_process(COMMAND ${COMMAND} ${SOURCE} RESULT_VARIABLE status OUTPUT_VARIABLE said ERROR_VARIABLE said)
  set(${result} ${status} PARENT_SCOPE)
  set(${output} "${said}" PARENT_SCOPE)
endfunction()

set(others)
set(compiled 0)
foreach(header IN LISTS HEADERS)
  file(READ ${INCLUDE}/${header} text)
  # Comments, #pragma once and #include lines up to the first header of the library.
  if(text MATCHES "^((//[^\n]*|#pragma once|#include <[^>\n]*>|)\n)*#include <(gradus/[^>]*\\.hpp)>")
    if(NOT CMAKE_MATCH_3 IN_LIST HEADERS)
      message(SEND_ERROR "${header} includes ${CMAKE_MATCH_3}, which is not tested")
    endif()
    string(LENGTH "${CMAKE_MATCH_0}" length)
    string(SUBSTRING "${text}" 0 ${length} text)
    string(REGEX MATCHALL "#include <[^>]*>" includes "${text}")
    list(FILTER includes EXCLUDE REGEX "<gradus/")
    list(APPEND others ${includes})
  else()
    compile("#include <${header}>\n" result output)
    string(REGEX MATCHALL "error:" errors "${output}")
    list(LENGTH errors count)
    if(result EQUAL 0 OR NOT count EQUAL 1 OR NOT output MATCHES "gradus needs C\\+\\+20")
      message(SEND_ERROR "${header} gives ${count} errors, expected one that asks for C++20:\n${output}")
    endif()
    math(EXPR compiled "${compiled} + 1")
  endif()
endforeach()

list(REMOVE_DUPLICATES others)
# Headers of libraries that are not installed are skipped.
list(TRANSFORM others REPLACE "#include (<[^>]*>)" "#if __has_include(\\1)\n#include \\1\n#endif")
list(JOIN others "\n" others)
compile("${others}\n" result output)
if(NOT result EQUAL 0)
  message(SEND_ERROR "other libraries' headers do not compile in C++17:\n${output}")
endif()
if(compiled EQUAL 0)
  message(SEND_ERROR "no header was compiled, not even version.hpp")
endif()
list(LENGTH HEADERS count)
message(STATUS "${count} headers, of which ${compiled} were compiled")
