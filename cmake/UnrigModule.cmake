# What all targets share, and one function per kind of target.

add_library(unrig_options INTERFACE)
target_compile_features(unrig_options INTERFACE cxx_std_23)
# Designated initialisers leave out what has its default: g++ 12 warns of that all the same.
target_compile_options(unrig_options INTERFACE -Wall -Wextra -Wshadow -Wconversion
                       -Wno-sign-conversion -Wno-missing-field-initializers)
target_include_directories(unrig_options INTERFACE ${CMAKE_SOURCE_DIR}/src)

option(UNRIG_WERROR "treat warnings as errors" OFF)
if(UNRIG_WERROR)
  target_compile_options(unrig_options INTERFACE -Werror)
endif()

set(UNRIG_SANITIZE "" CACHE STRING "sanitizers to build with, as -fsanitize= takes them")
if(UNRIG_SANITIZE)
  target_compile_options(unrig_options INTERFACE -fsanitize=${UNRIG_SANITIZE}
                         -fno-omit-frame-pointer -fno-sanitize-recover=all)
  # With sanitizers this warning is too often false (GCC manual, -fsanitize).
  target_compile_options(unrig_options INTERFACE -Wno-maybe-uninitialized)
  target_link_options(unrig_options INTERFACE -fsanitize=${UNRIG_SANITIZE})
endif()

# What nearly every file includes is parsed once: half of the time that compiling takes. Each file
# still includes what it uses; without CMAKE_DISABLE_PRECOMPILE_HEADERS nobody would see that it does
# not, so the preset `dev` sets it.
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cpp CONTENT "")
function(unrig_precompiled name options)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(${name} PRIVATE ${options})
  target_precompile_headers(${name} PRIVATE ${ARGN})
endfunction()
set(common_headers <algorithm> <array> <chrono> <cmath> <cstdint> <expected> <filesystem>
    <functional> <map> <memory> <optional> <set> <span> <stop_token> <string> <string_view>
    <thread> <utility> <variant> <vector> <fmt/format.h>)
unrig_precompiled(unrig_precompiled "unrig_options;fmt::fmt" ${common_headers})
if(UNRIG_TESTS)
  # Tests are not optimised: what they call is. So they compile in two thirds of the time.
  add_library(unrig_test_options INTERFACE)
  target_link_libraries(unrig_test_options INTERFACE unrig_options GTest::gmock GTest::gtest_main)
  target_compile_options(unrig_test_options INTERFACE $<$<CONFIG:Release>:-O0>)
  unrig_precompiled(unrig_precompiled_test "unrig_test_options;fmt::fmt" ${common_headers}
                    <gmock/gmock.h> <gtest/gtest.h>)
endif()

# Most of the time goes into headers, and into templates that many files of a module instantiate:
# eight files that are compiled as one take half of it. So names in anonymous namespaces are a
# module's own, and not only a file's. `dev`, where one file is changed again and again, does without.
option(UNRIG_UNITY "compile the files of a module eight at a time" OFF)
if(UNRIG_UNITY)
  # A class of one file's own that holds another one: no header that two files could read.
  target_compile_options(unrig_options INTERFACE -Wno-subobject-linkage)
endif()

# unrig_add_test(NAME PROGRAM LABEL …): a test that leaves nothing in /tmp. The target LABEL_tests
# builds all programs of a label.
function(unrig_add_test name program)
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  add_test(NAME ${name} COMMAND ${Python3_EXECUTABLE} ${CMAKE_SOURCE_DIR}/tools/tidily.py
           $<TARGET_FILE:${program}>)
  set_tests_properties(${name} PROPERTIES LABELS "${ARGN}" TIMEOUT 900)
  foreach(label ${ARGN})
    if(NOT TARGET ${label}_tests)
      add_custom_target(${label}_tests)
    endif()
    add_dependencies(${label}_tests ${program})
  endforeach()
endfunction()

# unrig_module(NAME [THREADS] SOURCES a.cpp … TESTS a_test.cpp … DEPENDS target …)
# One static library unrig_NAME, and one test program NAME_test where there are tests. THREADS: its
# tests run threads, so that tsan may find something.
function(unrig_module name)
  cmake_parse_arguments(arg "THREADS" "" "SOURCES;TESTS;DEPENDS" ${ARGN})
  add_library(unrig_${name} STATIC ${arg_SOURCES})
  target_link_libraries(unrig_${name} PUBLIC unrig_options ${arg_DEPENDS})
  target_precompile_headers(unrig_${name} REUSE_FROM unrig_precompiled)
  set_target_properties(unrig_${name} PROPERTIES
    UNITY_BUILD ${UNRIG_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  if(arg_TESTS AND UNRIG_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE unrig_${name} unrig_test_options)
    target_precompile_headers(${name}_test REUSE_FROM unrig_precompiled_test)
    if(arg_THREADS)
      set(threads threads)
    endif()
    unrig_add_test(${name} ${name}_test unit ${threads})
  endif()
endfunction()
