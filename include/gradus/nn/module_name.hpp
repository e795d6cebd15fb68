// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include <gradus/version.hpp>

namespace gradus::nn {

namespace detail {

template <class M>
concept HasName = requires(const M& module) {
  { module.name() } -> std::convertible_to<std::string>;
};

/// Returns the name of a type as written in the source, without namespaces and template arguments.
template <class M>
std::string type_name() {
#if defined(_MSC_VER) && !defined(__clang__)
  std::string_view text = __FUNCSIG__;  // "... type_name<struct user::Swish<float>>(void)"
  const std::string_view before = "type_name<", after = "<>(";
#else
  std::string_view text =
      __PRETTY_FUNCTION__;  // "std::string ...type_name() [with M = user::Swish<float>; ...]"
  const std::string_view before = "M = ", after = "<;,]";
#endif
  if (const auto start = text.find(before); start != text.npos) text.remove_prefix(start + before.size());
  text = text.substr(0, text.find_first_of(after));
  if (const auto start = text.find_last_of(": "); start != text.npos) text.remove_prefix(start + 1);
  return std::string(text);
}

}  // namespace detail

/// Returns the name of a module for messages and summaries: its `name()`, or else the name of its type.
template <class M>
std::string module_name(const M& module) {
  if constexpr (detail::HasName<M>) {
    return module.name();
  } else {
    return detail::type_name<M>();
  }
}

}  // namespace gradus::nn
