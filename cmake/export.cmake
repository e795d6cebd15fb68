# SPDX-License-Identifier: MIT
# Exports trained networks as C source during a build.

# The source of the program, next to this file in an installed package.
set_property(GLOBAL PROPERTY gradus_export_source ${CMAKE_CURRENT_LIST_DIR}/gradus_export.cpp)
if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/gradus_export.cpp)
  set_property(GLOBAL PROPERTY gradus_export_source ${CMAKE_CURRENT_LIST_DIR}/../tools/gradus_export.cpp)
endif()

# gradus_add_export_program(): adds the target gradus-export, which is built on demand.
function(gradus_add_export_program)
  foreach(component IN ITEMS onnx safetensors)
    if(NOT TARGET gradus::${component})
      message(FATAL_ERROR "gradus_export: gradus::${component} is missing: find_package(gradus COMPONENTS onnx safetensors)")
    endif()
  endforeach()
  get_property(source GLOBAL PROPERTY gradus_export_source)
  add_executable(gradus-export EXCLUDE_FROM_ALL ${source})
  target_link_libraries(gradus-export PRIVATE gradus::onnx gradus::safetensors)
  set_target_properties(gradus-export PROPERTIES CXX_EXTENSIONS OFF)
endfunction()

# gradus_export(TARGET <target> MODEL <file> [NAME <name>] [DOUBLE]): writes the network in a file as <name>.h, for the
# target's sources to include. NAME, of the function and the header, defaults to the file name without its extension.
# The header is rewritten when the file changes.
#
# When cross-compiling, gradus-export must already exist for the build machine. find_program searches for it unless
# GRADUS_EXPORT_PROGRAM is set to its path.
function(gradus_export)
  cmake_parse_arguments(PARSE_ARGV 0 export "DOUBLE" "TARGET;MODEL;NAME" "")
  if(NOT export_TARGET OR NOT export_MODEL OR export_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gradus_export: expected TARGET <target> MODEL <file> [NAME <name>] [DOUBLE]")
  endif()
  if(NOT TARGET gradus-export AND CMAKE_CROSSCOMPILING)
    find_program(GRADUS_EXPORT_PROGRAM gradus-export)
    if(NOT GRADUS_EXPORT_PROGRAM)
      message(FATAL_ERROR "gradus_export: cross-compiling, but gradus-export was not found. Build it for the "
                          "build machine, and set GRADUS_EXPORT_PROGRAM to its path.")
    endif()
  endif()
  if(GRADUS_EXPORT_PROGRAM)
    set(program ${GRADUS_EXPORT_PROGRAM})
  else()
    if(NOT TARGET gradus-export)
      gradus_add_export_program()
    endif()
    set(program gradus-export)
  endif()
  cmake_path(ABSOLUTE_PATH export_MODEL NORMALIZE OUTPUT_VARIABLE model)
  if(NOT export_NAME)
    cmake_path(GET model STEM export_NAME)
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/gradus_export/${export_TARGET})
  file(MAKE_DIRECTORY ${folder})
  set(header ${folder}/${export_NAME}.h)
  add_custom_command(
    OUTPUT ${header}
    COMMAND ${program} ${model} -o ${header} $<$<BOOL:${export_DOUBLE}>:--double>
    DEPENDS ${model} ${program}
    COMMENT "Writing ${export_NAME}.h"
    VERBATIM COMMAND_EXPAND_LISTS)
  if(UNIX)
    target_link_libraries(${export_TARGET} PRIVATE m) # for tanhf and others in C
  endif()
  target_sources(${export_TARGET} PRIVATE ${header})
  target_include_directories(${export_TARGET} PRIVATE ${folder})
endfunction()
