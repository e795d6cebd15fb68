# SPDX-License-Identifier: MIT
# Trained networks as C source in a build.

# Where the program's source is: beside this file in an installed package.
set_property(GLOBAL PROPERTY gradus_export_source ${CMAKE_CURRENT_LIST_DIR}/gradus_export.cpp)
if(NOT EXISTS ${CMAKE_CURRENT_LIST_DIR}/gradus_export.cpp)
  set_property(GLOBAL PROPERTY gradus_export_source ${CMAKE_CURRENT_LIST_DIR}/../tools/gradus_export.cpp)
endif()

# gradus_add_export_program(): adds the target gradus-export, which is built when something needs it.
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

# gradus_export(TARGET <target> MODEL <file> [NAME <name>] [DOUBLE]): writes the network in a file as <name>.h, which the
# target's sources include; the name of the function and of the header is that of the file without its ending if left out.
# The header is written again when the file changes.
#
# When the build is for another machine, gradus-export has to be there already, compiled for this one: it is looked for
# with find_program, and GRADUS_EXPORT_PROGRAM says where it is.
function(gradus_export)
  cmake_parse_arguments(PARSE_ARGV 0 export "DOUBLE" "TARGET;MODEL;NAME" "")
  if(NOT export_TARGET OR NOT export_MODEL OR export_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gradus_export: expected TARGET <target> MODEL <file> [NAME <name>] [DOUBLE]")
  endif()
  if(NOT TARGET gradus-export AND CMAKE_CROSSCOMPILING)
    find_program(GRADUS_EXPORT_PROGRAM gradus-export)
    if(NOT GRADUS_EXPORT_PROGRAM)
      message(FATAL_ERROR "gradus_export: this build is for another machine and gradus-export was not found. Build it for "
                          "this one, and set GRADUS_EXPORT_PROGRAM to its path.")
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
    target_link_libraries(${export_TARGET} PRIVATE m) # tanhf and others, in C
  endif()
  target_sources(${export_TARGET} PRIVATE ${header})
  target_include_directories(${export_TARGET} PRIVATE ${folder})
endfunction()
