# SPDX-License-Identifier: MIT
# The library of gradus::compiled. The project that uses it builds it with its own flags, so an installed package still
# consists of headers and CMake files, for every compiler and processor.

# gradus_add_compiled_library(<target> <include folder> PARTS <part>... LIBRARIES <library>...): adds a static library
# of everything that gradus/compiled/<part>.hpp declares. Sources are generated from the headers, where each `extern
# template` declaration becomes a `template` definition.
function(gradus_add_compiled_library target include)
  cmake_parse_arguments(PARSE_ARGV 2 compiled "" "" "PARTS;LIBRARIES")
  set(sources)
  foreach(part IN LISTS compiled_PARTS)
    set(header ${include}/gradus/compiled/${part}.hpp)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
    file(READ ${header} text)
    string(REPLACE "extern template" "template" text "${text}")
    string(REPLACE "#pragma once" "#include <gradus/gradus.hpp>" text "${text}")
    set(source ${CMAKE_CURRENT_BINARY_DIR}/gradus_compiled/${part}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "${text}" @ONLY)
    list(APPEND sources ${source})
  endforeach()
  add_library(${target} STATIC EXCLUDE_FROM_ALL ${sources})
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
  target_link_libraries(${target} PUBLIC ${compiled_LIBRARIES})
endfunction()

# gradus_add_compiled(<include folder>): adds gradus::compiled.
function(gradus_add_compiled include)
  gradus_add_compiled_library(gradus_compiled ${include} PARTS ops nn train LIBRARIES gradus::gradus)
  target_compile_definitions(gradus_compiled PUBLIC GRADUS_COMPILED)
  add_library(gradus::compiled ALIAS gradus_compiled)
endfunction()

# gradus_add_compiled_download(<include folder>): adds the library of gradus::compiled_download.
function(gradus_add_compiled_download include)
  gradus_add_compiled_library(
    gradus_compiled_fetch ${include} PARTS download LIBRARIES gradus::compiled gradus::download)
  target_compile_definitions(gradus_compiled_fetch PUBLIC GRADUS_COMPILED_DOWNLOAD)
endfunction()
