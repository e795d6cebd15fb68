// SPDX-License-Identifier: MIT

#pragma once

#include <utility>

#include <gradus/version.hpp>

namespace gradus {

namespace detail {

/// Records a pass through a module on the tape: `TapeCall<M, X>::run(module, x)` returns a Variable. Defined
/// in gradus/autograd/module.hpp.
template <class M, class X>
struct TapeCall;

}  // namespace detail

namespace nn::detail {

/// Implements `module(x)` for modules that have a call operator: see `apply` in gradus/autograd/module.hpp.
template <class M, class X>
auto call_on_tape(M& module, X&& x) {
  using Call = gradus::detail::TapeCall<M, X>;
  constexpr bool defined = requires { sizeof(Call); };
  static_assert(defined, "net(x) records on the tape: include gradus/autograd.hpp");
  if constexpr (defined) return Call::run(module, std::forward<X>(x));
}

}  // namespace nn::detail
}  // namespace gradus
