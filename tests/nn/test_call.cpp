// SPDX-License-Identifier: MIT

#include <type_traits>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/nn/call.hpp>

// autograd/test_module.cpp tests what the tape does with a call, and compile_fail/network_without_tape.cpp
// that a call without the tape is refused. Here the tape is a mock that reports its arguments.

namespace {

struct Module {
  int number;
};
struct Input {
  int number;
};

struct Told {
  const void* module;
  int number;
  bool is_const, is_temporary;
};

}  // namespace

namespace gradus::detail {

template <class M, class X>
requires std::is_same_v<std::remove_const_t<M>, Module>
struct TapeCall<M, X> {
  static Told run(M& module, X&& x) {
    return {&module, x.number, std::is_const_v<M>, !std::is_lvalue_reference_v<X>};
  }
};

}  // namespace gradus::detail

TEST_CASE("call_on_tape: passes on the module itself and the input unchanged") {
  using gradus::nn::detail::call_on_tape;
  Module module{1};
  const Module& constant = module;
  Input x{2};
  const Told told = call_on_tape(module, x);
  CHECK(told.module == &module);
  CHECK(told.number == 2);
  CHECK_FALSE(told.is_const);
  CHECK_FALSE(told.is_temporary);
  CHECK(call_on_tape(constant, x).is_const);
  CHECK(call_on_tape(constant, x).module == &module);
  CHECK(call_on_tape(module, Input{3}).is_temporary);
  CHECK(call_on_tape(module, Input{3}).number == 3);
}
