# SPDX-License-Identifier: MIT
# The dependencies of gradus: installed packages if available, otherwise pinned sources that are fetched.
#
# No version is requested from any package. Eigen 5 does not satisfy a request for 3.4, or vice versa, so Eigen's
# version is checked here. The interfaces of the others have been stable since before the first distribution with a
# C++20 compiler.
#
# OpenSSL and the BLAS are not fetched, because they have no CMake build.

include(FetchContent)
if(POLICY CMP0135)
  cmake_policy(SET CMP0135 NEW) # gives extracted files the time of the extraction
endif()

# gradus_find(<target> <package>): finds an installed package, unless the target exists already (a parent project may
# provide it). A found target is made visible to the parent, which links it through ours.
function(gradus_find target package)
  if(NOT TARGET ${target})
    find_package(${package} QUIET)
    if(TARGET ${target})
      message(STATUS "gradus: ${target} found ${${package}_VERSION}")
      get_target_property(alias ${target} ALIASED_TARGET)
      if(NOT alias)
        set_target_properties(${target} PROPERTIES IMPORTED_GLOBAL TRUE)
      endif()
      set(${package}_VERSION ${${package}_VERSION} PARENT_SCOPE)
    endif()
  endif()
endfunction()

# gradus_fetch_headers(<target> <name> <include directory> <FetchContent arguments>...): fetches a package for its
# headers only; its own build is not run.
function(gradus_fetch_headers target name include_directory)
  message(STATUS "gradus: ${target} not found, fetching it")
  FetchContent_Declare(${name} ${ARGN} SOURCE_SUBDIR headers-only)
  FetchContent_MakeAvailable(${name})
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} INTERFACE ${${name}_SOURCE_DIR}/${include_directory})
endfunction()

# gradus_fetch(<name> <FetchContent arguments>...): fetches a package that is compiled, with options set by the caller.
macro(gradus_fetch name)
  if(gradus_late_component)
    message(
      FATAL_ERROR "gradus: gradus::${gradus_late_component} needs ${name}, which was not found. Install it, or have it "
                  "fetched: set(GRADUS_COMPONENTS ${gradus_late_component}) before gradus is added.")
  endif()
  message(STATUS "gradus: ${name} not found, fetching it")
  set(BUILD_SHARED_LIBS OFF)
  set(BUILD_TESTING OFF)
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW) # variables set here override options of older projects
  set(CMAKE_POLICY_VERSION_MINIMUM 3.5) # CMake 4 rejects the minimum that some of them state
  FetchContent_Declare(${name} ${ARGN})
  FetchContent_MakeAvailable(${name})
  # Builds only the targets that we link, and installs nothing.
  set_property(DIRECTORY ${${name}_SOURCE_DIR} PROPERTY EXCLUDE_FROM_ALL ON)
endmacro()

function(gradus_require_threads)
  set(THREADS_PREFER_PTHREAD_FLAG ON)
  gradus_find(Threads::Threads Threads)
  if(NOT TARGET Threads::Threads)
    message(FATAL_ERROR "gradus: this system has no thread library")
  endif()
endfunction()

function(gradus_require_eigen)
  gradus_find(Eigen3::Eigen Eigen3)
  if(NOT TARGET Eigen3::Eigen)
    # Not 5.0.0, which lacks an include under C++20.
    gradus_fetch_headers(
      Eigen3::Eigen eigen . URL https://gitlab.com/libeigen/eigen/-/archive/5.0.1/eigen-5.0.1.tar.gz
      URL_HASH SHA256=e9c326dc8c05cd1e044c71f30f1b2e34a6161a3b6ecf445d56b53ff1669e3dec)
  elseif(Eigen3_VERSION AND Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR "gradus: Eigen ${Eigen3_VERSION} found, expected 3.4 or later")
  endif()
endfunction()

function(gradus_require_zlib)
  gradus_find(ZLIB::ZLIB ZLIB)
  if(NOT TARGET ZLIB::ZLIB)
    set(ZLIB_BUILD_EXAMPLES OFF)
    gradus_fetch(
      zlib URL https://github.com/madler/zlib/releases/download/v1.3.1/zlib-1.3.1.tar.gz
      URL_HASH SHA256=9a93b2b7dfdac77ceba5a558a580e74667dd6fede4585b91eefb60f03b72df23)
    target_include_directories(zlibstatic SYSTEM INTERFACE ${zlib_SOURCE_DIR} ${zlib_BINARY_DIR})
    add_library(ZLIB::ZLIB ALIAS zlibstatic)
  endif()
endfunction()

function(gradus_require_nlohmann_json)
  gradus_find(nlohmann_json::nlohmann_json nlohmann_json)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    gradus_fetch_headers(
      nlohmann_json::nlohmann_json nlohmann_json include
      URL https://github.com/nlohmann/json/releases/download/v3.11.3/json.tar.xz
      URL_HASH SHA256=d6c65aca6b1ed68e7a182f4757257b107ae403032760ed6ef121c9d55e81757d)
  endif()
endfunction()

function(gradus_require_protozero)
  list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_FUNCTION_LIST_DIR}) # Findprotozero.cmake
  gradus_find(protozero::protozero protozero)
  if(NOT TARGET protozero::protozero)
    gradus_fetch_headers(
      protozero::protozero protozero include
      URL https://github.com/mapbox/protozero/archive/refs/tags/v1.7.1.tar.gz
      URL_HASH SHA256=27e0017d5b3ba06d646a3ec6391d5ccc8500db821be480aefd2e4ddc3de5ff99)
  endif()
endfunction()

function(gradus_require_curl)
  gradus_find(CURL::libcurl CURL)
  if(NOT TARGET CURL::libcurl)
    set(HTTP_ONLY ON)
    set(CURL_USE_OPENSSL ON) # already required by the checksums
    set(CURL_USE_LIBPSL OFF)
    set(CURL_USE_LIBSSH2 OFF)
    set(CURL_BROTLI OFF)
    set(CURL_ZLIB OFF)
    set(CURL_ZSTD OFF)
    set(USE_LIBIDN2 OFF)
    set(USE_NGHTTP2 OFF)
    set(BUILD_CURL_EXE OFF)
    set(BUILD_LIBCURL_DOCS OFF)
    set(BUILD_MISC_DOCS OFF)
    set(ENABLE_CURL_MANUAL OFF)
    gradus_fetch(
      curl URL https://curl.se/download/curl-8.11.1.tar.xz
      URL_HASH SHA256=c7ca7db48b0909743eaef34250da02c19bc61d4f1dcedd6603f109409536ab56)
  endif()
endfunction()

function(gradus_require_blas)
  gradus_find(BLAS::BLAS BLAS)
  if(NOT TARGET BLAS::BLAS)
    message(FATAL_ERROR "gradus: gradus::blas needs a BLAS, which was not found. Install one (Debian: libopenblas-dev).")
  endif()
endfunction()

# Finds MPI for C++ programs that call its C functions. The C++ bindings, which the MPI standard has removed, are not
# used.
function(gradus_require_mpi)
  set(MPI_CXX_SKIP_MPICXX ON)
  if(NOT TARGET MPI::MPI_CXX)
    find_package(MPI QUIET COMPONENTS CXX)
    if(NOT MPI_CXX_FOUND)
      message(FATAL_ERROR "gradus: gradus::mpi needs MPI, which was not found. Install an MPI library "
                          "(Debian: libopenmpi-dev or libmpich-dev).")
    endif()
    message(STATUS "gradus: MPI::MPI_CXX found, MPI ${MPI_CXX_VERSION} with ${MPI_CXX_COMPILER}")
    set_target_properties(MPI::MPI_CXX PROPERTIES IMPORTED_GLOBAL TRUE)
    set(MPIEXEC_EXECUTABLE ${MPIEXEC_EXECUTABLE} CACHE FILEPATH "Starts the processes of an MPI program")
    set(MPIEXEC_NUMPROC_FLAG ${MPIEXEC_NUMPROC_FLAG} CACHE STRING "Option of MPIEXEC_EXECUTABLE before the number of processes")
  endif()
endfunction()

# For the tests, examples and benchmarks only.

function(gradus_require_doctest)
  gradus_find(doctest::doctest doctest)
  if(NOT TARGET doctest::doctest)
    gradus_fetch_headers(
      doctest::doctest doctest . URL https://github.com/doctest/doctest/archive/refs/tags/v2.4.11.tar.gz
      URL_HASH SHA256=632ed2c05a7f53fa961381497bf8069093f0d6628c5f26286161fbd32a560186)
  endif()
endfunction()

function(gradus_require_cli11)
  gradus_find(CLI11::CLI11 CLI11)
  if(NOT TARGET CLI11::CLI11)
    gradus_fetch_headers(
      CLI11::CLI11 cli11 include URL https://github.com/CLIUtils/CLI11/archive/refs/tags/v2.4.2.tar.gz
      URL_HASH SHA256=f2d893a65c3b1324c50d4e682c0cdc021dd0477ae2c048544f39eed6654b699a)
  endif()
endfunction()

# Sets gradus_has_images if libraries for PNG and JPEG files are available; they are not fetched. libjpeg-turbo's CMake
# package is not used because Debian's fails if libjpeg62-turbo-dev is missing.
function(gradus_find_images)
  gradus_find(PNG::PNG PNG)
  if(NOT TARGET gradus_turbojpeg)
    find_path(TURBOJPEG_INCLUDE_DIR turbojpeg.h)
    find_library(TURBOJPEG_LIBRARY turbojpeg)
    mark_as_advanced(TURBOJPEG_INCLUDE_DIR TURBOJPEG_LIBRARY)
    if(TURBOJPEG_INCLUDE_DIR AND TURBOJPEG_LIBRARY)
      add_library(gradus_turbojpeg UNKNOWN IMPORTED GLOBAL)
      set_target_properties(gradus_turbojpeg PROPERTIES IMPORTED_LOCATION ${TURBOJPEG_LIBRARY}
                                                        INTERFACE_INCLUDE_DIRECTORIES ${TURBOJPEG_INCLUDE_DIR})
    endif()
  endif()
  set(gradus_has_images OFF PARENT_SCOPE)
  if(TARGET PNG::PNG AND TARGET gradus_turbojpeg)
    set(gradus_has_images ON PARENT_SCOPE)
  else()
    message(STATUS "gradus: libpng or libjpeg-turbo not found (Debian: libpng-dev libturbojpeg0-dev): fashion_mnist_predict "
                   "is not built")
  endif()
endfunction()

function(gradus_require_benchmark)
  gradus_find(benchmark::benchmark benchmark)
  if(NOT TARGET benchmark::benchmark)
    set(BENCHMARK_ENABLE_TESTING OFF)
    gradus_fetch(
      benchmark URL https://github.com/google/benchmark/archive/refs/tags/v1.8.3.tar.gz
      URL_HASH SHA256=6bc180a57d23d4d9515519f92b0c83d61b05b5bab188961f36ac7b06b0d9e9ce)
  endif()
endfunction()
