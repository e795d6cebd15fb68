// SPDX-License-Identifier: MIT

#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numbers>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <tuple>
#include <unsupported/Eigen/CXX11/Tensor>
#include <vector>
#include <zlib.h>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

// The macros that <windows.h> defines with NOMINMAX and WIN32_LEAN_AND_MEAN, for a program that includes it
// first. Each is defined as a token that no declaration could contain.
#define near ?
#define far ?
#define pascal ?
#define cdecl ?
#define small ?
#define hyper ?
#define interface ?
#define NEAR ?
#undef FAR  // zlib defines it too
#define FAR ?
#define CONST ?
#define IN ?
#define OUT ?
#define OPTIONAL ?
#define VOID ?
#define TRUE ?
#define FALSE ?
#define DELETE ?
#define ERROR ?
#define NO_ERROR ?
#define STRICT ?
#define IGNORE ?
#define INFINITE ?
#define ABSOLUTE ?
#define RELATIVE ?
#define DIFFERENCE ?
#define TRANSPARENT ?
#define OPAQUE ?
#define DOMAIN ?
#define OVERFLOW ?
#define UNDERFLOW ?
#define SINGULAR ?
#define PLANES ?
#define THIS ?
#define CALLBACK ?

#include <gradus/data/fashion_mnist.hpp>
#include <gradus/gradus.hpp>
#include <gradus/io/checkpoint.hpp>

TEST_CASE("Windows: no name of the library is a macro of <windows.h>") {
  const gradus::nn::Sequential net{gradus::nn::Linear{2, 3}, gradus::nn::GELU{}};
  CHECK(net.predict(gradus::Tensor<float>{{1, 2}}).shape() == gradus::Shape{1, 3});
}
