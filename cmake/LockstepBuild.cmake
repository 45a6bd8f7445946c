# Settings shared by every target, and the two functions that declare a folder of the house.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(LOCKSTEP_CCACHE ccache)
if(LOCKSTEP_CCACHE)
  # As ccache(1) asks where headers are precompiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER
    ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${LOCKSTEP_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(PkgConfig REQUIRED)
find_library(PCAP_LIBRARY pcap REQUIRED)
if(LOCKSTEP_TESTS)
  find_package(GTest REQUIRED)
  find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
endif()
if(LOCKSTEP_BENCH)
  find_package(benchmark REQUIRED)
endif()

add_library(lockstep_options INTERFACE)
target_include_directories(lockstep_options INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(lockstep_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror
  -fstack-protector-strong)
target_link_libraries(lockstep_options INTERFACE fmt::fmt Threads::Threads)
if(LOCKSTEP_SANITIZE)
  # The checks that are left out take a quarter of a build's time, and find what the address sanitizer
  # and its trap at address 0 find as well.
  target_compile_options(lockstep_options INTERFACE
    -fsanitize=${LOCKSTEP_SANITIZE} -fno-sanitize=null,object-size,vptr -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  target_link_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_definitions(lockstep_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(LOCKSTEP_FUZZ)
  target_compile_options(lockstep_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Tests are compiled more often than they are run; what they test keeps its own options.
function(lockstep_test_options target)
  set(level -O1)
  if(LOCKSTEP_SANITIZE)
    set(level -O0)
  endif()
  target_compile_options(${target} PRIVATE $<$<CONFIG:RelWithDebInfo>:${level}>)
  target_compile_definitions(${target} PRIVATE
    LOCKSTEP_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOCKSTEP_BINARY_DIR="${CMAKE_BINARY_DIR}")
endfunction()

# Headers that most files include are parsed once a build, not once a file. A file names all the
# same what it includes.
set(lockstep_common_headers
  <algorithm> <array> <atomic> <chrono> <cstdint> <functional> <map> <memory> <optional> <set> <span>
  <string> <string_view> <tuple> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)
set(empty ${CMAKE_BINARY_DIR}/empty.cpp)
file(GENERATE OUTPUT ${empty} CONTENT "")
add_library(lockstep_headers OBJECT ${empty})
target_link_libraries(lockstep_headers PRIVATE lockstep_options)
target_precompile_headers(lockstep_headers PRIVATE ${lockstep_common_headers})
if(LOCKSTEP_TESTS AND LOCKSTEP_UNIT_TESTS)
  add_library(lockstep_test_headers OBJECT ${empty})
  target_link_libraries(lockstep_test_headers PRIVATE
    lockstep_options GTest::gtest_main GTest::gmock)
  target_precompile_headers(lockstep_test_headers PRIVATE
    ${lockstep_common_headers} <gmock/gmock.h> <gtest/gtest.h>)
  lockstep_test_options(lockstep_test_headers)
endif()

# lockstep_folder(NAME [OWN_FLAGS] [SOURCES ...] [LINK ...] [TESTS ...] [BENCHES ...] [TEST_LINK ...])
# One folder of the house: the library lockstep_NAME, its unit tests as one program NAME_test,
# its micro-benchmarks as NAME_bench. LINK names other folders without the prefix "lockstep_"
# or imported targets with "::"; it is the folder's only way to another one. TEST_LINK is what its
# tests and benchmarks need beyond that. OWN_FLAGS: a library that it links changes how its files are
# compiled, so that the common headers do not fit.
function(lockstep_folder name)
  cmake_parse_arguments(arg "OWN_FLAGS" "" "SOURCES;LINK;TESTS;BENCHES;TEST_LINK" ${ARGN})
  if(arg_SOURCES)
    add_library(lockstep_${name} STATIC ${arg_SOURCES})
    set(visibility PUBLIC)
    if(NOT arg_OWN_FLAGS)
      target_precompile_headers(lockstep_${name} REUSE_FROM lockstep_headers)
    endif()
  else()
    add_library(lockstep_${name} INTERFACE)  # headers alone
    set(visibility INTERFACE)
  endif()
  target_link_libraries(lockstep_${name} ${visibility} lockstep_options)
  foreach(dependency IN LISTS arg_LINK)
    lockstep_target_name(target ${dependency})
    target_link_libraries(lockstep_${name} ${visibility} ${target})
  endforeach()
  if(LOCKSTEP_TESTS AND LOCKSTEP_UNIT_TESTS AND arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE
      lockstep_${name} GTest::gtest_main GTest::gmock ${RAPIDCHECK_LIBRARY})
    foreach(dependency IN LISTS arg_TEST_LINK)
      lockstep_target_name(target ${dependency})
      target_link_libraries(${name}_test PRIVATE ${target})
    endforeach()
    lockstep_test_options(${name}_test)
    if(NOT arg_OWN_FLAGS)
      target_precompile_headers(${name}_test REUSE_FROM lockstep_test_headers)
    endif()
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endif()
  if(LOCKSTEP_BENCH AND arg_BENCHES)
    add_executable(${name}_bench ${arg_BENCHES})
    target_link_libraries(${name}_bench PRIVATE lockstep_${name} benchmark::benchmark_main)
    foreach(dependency IN LISTS arg_TEST_LINK)
      lockstep_target_name(target ${dependency})
      target_link_libraries(${name}_bench PRIVATE ${target})
    endforeach()
  endif()
endfunction()

function(lockstep_target_name out dependency)
  if(dependency MATCHES "::" OR NOT dependency MATCHES "^[a-z_]+$")
    set(${out} ${dependency} PARENT_SCOPE)
  else()
    set(${out} lockstep_${dependency} PARENT_SCOPE)
  endif()
endfunction()
