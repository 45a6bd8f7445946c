# Settings shared by every target, and the two functions that declare a folder of the house.

set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(LOCKSTEP_CCACHE ccache)
if(LOCKSTEP_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${LOCKSTEP_CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
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
  target_compile_options(lockstep_options INTERFACE
    -fsanitize=${LOCKSTEP_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(lockstep_options INTERFACE -fsanitize=${LOCKSTEP_SANITIZE})
elseif(CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_definitions(lockstep_options INTERFACE _FORTIFY_SOURCE=2)
endif()
if(LOCKSTEP_FUZZ)
  target_compile_options(lockstep_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# lockstep_folder(NAME [SOURCES ...] [LINK ...] [TESTS ...] [BENCHES ...] [TEST_LINK ...])
# One folder of the house: the library lockstep_NAME, its unit tests as one program NAME_test,
# its micro-benchmarks as NAME_bench. LINK names other folders without the prefix "lockstep_"
# or imported targets with "::"; it is the folder's only way to another one. TEST_LINK is what its
# tests and benchmarks need beyond that.
function(lockstep_folder name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINK;TESTS;BENCHES;TEST_LINK" ${ARGN})
  if(arg_SOURCES)
    add_library(lockstep_${name} STATIC ${arg_SOURCES})
    set(visibility PUBLIC)
  else()
    add_library(lockstep_${name} INTERFACE)  # headers alone
    set(visibility INTERFACE)
  endif()
  target_link_libraries(lockstep_${name} ${visibility} lockstep_options)
  foreach(dependency IN LISTS arg_LINK)
    lockstep_target_name(target ${dependency})
    target_link_libraries(lockstep_${name} ${visibility} ${target})
  endforeach()
  if(LOCKSTEP_TESTS AND arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE
      lockstep_${name} GTest::gtest_main GTest::gmock ${RAPIDCHECK_LIBRARY})
    foreach(dependency IN LISTS arg_TEST_LINK)
      lockstep_target_name(target ${dependency})
      target_link_libraries(${name}_test PRIVATE ${target})
    endforeach()
    # Tests are compiled more often than they are run.
    target_compile_options(${name}_test PRIVATE $<$<CONFIG:RelWithDebInfo>:-O1>)
    target_compile_definitions(${name}_test PRIVATE
      LOCKSTEP_SOURCE_DIR="${CMAKE_SOURCE_DIR}" LOCKSTEP_BINARY_DIR="${CMAKE_BINARY_DIR}")
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
