# SPDX-License-Identifier: MIT
# cmake -DINCLUDE=<folder> -DTESTS=<folder> -P check_mirrors.cmake
#
# Fails unless every header gradus/<folder>/<name>.hpp has a test tests/<folder>/test_<name>.cpp. Headers that consist
# only of #include lines have no behaviour and need no test.

cmake_minimum_required(VERSION 3.22)

# Headers without their own test, each with the reason.
set(exceptions
    compiled/download.hpp # declares instantiations; package.find_package builds a program with and without them
    compiled/nn.hpp
    compiled/ops.hpp
    compiled/train.hpp
    core/process_group.hpp # an interface: tests/train/test_shared_training.cpp trains through it
    core/eigen.hpp # includes Eigen without its warnings: each headers.alone test compiles it with warnings on
    core/fast_math.hpp # refuses compiler flags: compile_fail.fast_math and compile_fail.flags.*
    ops/loss_reduction.hpp # one enum
)

file(GLOB_RECURSE headers RELATIVE ${INCLUDE}/gradus ${INCLUDE}/gradus/*.hpp)
set(count 0)
foreach(header IN LISTS headers)
  file(STRINGS ${INCLUDE}/gradus/${header} code REGEX "^[^/#]")
  cmake_path(GET header PARENT_PATH folder)
  cmake_path(GET header STEM name)
  set(test ${folder}/test_${name}.cpp)
  string(REGEX REPLACE "^/" "" test "${test}")
  if(header IN_LIST exceptions)
    list(REMOVE_ITEM exceptions ${header})
    if(EXISTS ${TESTS}/${test})
      message(SEND_ERROR "${header} is an exception, but has ${test}")
    endif()
  elseif(code)
    math(EXPR count "${count} + 1")
    if(NOT EXISTS ${TESTS}/${test})
      message(SEND_ERROR "${header} has no test: write tests/${test}")
    endif()
  endif()
endforeach()
if(exceptions)
  message(SEND_ERROR "exceptions that do not exist: ${exceptions}")
endif()
if(count EQUAL 0)
  message(SEND_ERROR "no headers in ${INCLUDE}/gradus")
endif()
message(STATUS "${count} headers have a test of their own")
