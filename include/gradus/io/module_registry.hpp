// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/settings.hpp>
#include <gradus/nn/any_module.hpp>

namespace gradus {

namespace detail {

/// A kind of module: its name in files and the conversions in both directions.
template <class Scalar>
struct ModuleKind {
  std::string name;
  /// Returns the settings of a module, or nullopt if it has another kind.
  std::function<std::optional<Settings>(const nn::AnyModule<Scalar>&)> describe;
  std::function<nn::AnyModule<Scalar>(const Settings&)> build;
  /// Returns the tensors that a module will have, so that their sizes can be checked against the file before
  /// anything is allocated. Empty for user-defined modules.
  std::function<std::vector<std::pair<std::string, Shape>>(const Settings&)> tensors = {};
  /// The settings that the kind accepts; nullopt for user-defined modules, which may have any.
  std::optional<std::vector<std::string>> settings = {};
};

}  // namespace detail

/// User-defined modules with their names in files, for `save` and `load_network`:
/// `ModuleRegistry<float> modules; modules.add<Swish>("swish");`. The library's own need no registration.
template <FloatOrDouble Scalar = float>
class ModuleRegistry {
 public:
  /// Adds a module that has `Settings settings() const` and a constructor from `const Settings&`, or neither
  /// settings nor constructor arguments. Throws ArgumentError if the name is taken.
  template <class M>
  ModuleRegistry& add(const std::string& kind) {
    if constexpr (requires(const M& module) {
                    { module.settings() } -> std::convertible_to<Settings>;
                  }) {
      return add<M>(
          kind, [](const M& module) { return Settings(module.settings()); },
          [](const Settings& settings) { return M(settings); });
    } else {
      static_assert(std::default_initializable<M>,
                    "a registered module needs Settings settings() const and a constructor from const "
                    "Settings&, or a default constructor");
      return add<M>(
          kind, [](const M&) { return Settings(); }, [](const Settings&) { return M(); });
    }
  }
  /// Adds a module with two functions that convert it to settings and back.
  template <class M>
  ModuleRegistry& add(const std::string& kind, std::function<Settings(const M&)> settings_of,
                      std::function<M(const Settings&)> make) {
    add_kind(
        {kind,
         [settings_of = std::move(settings_of)](const nn::AnyModule<Scalar>& any) -> std::optional<Settings> {
           const M* module = any.template get_if<M>();
           if (module == nullptr) return std::nullopt;
           return settings_of(*module);
         },
         [make = std::move(make)](const Settings& settings) {
           return nn::AnyModule<Scalar>(make(settings));
         }});
    return *this;
  }
  /// Adds the module template with this registry's scalar: `modules.add<Swish>("swish")`.
  template <template <class> class M>
  ModuleRegistry& add(const std::string& kind) {
    return add<M<Scalar>>(kind);
  }

  /// Returns the kinds, in order of registration.
  const std::vector<detail::ModuleKind<Scalar>>& kinds() const { return kinds_; }
  /// Adds a complete kind. Throws ArgumentError if the name is taken, empty or not UTF-8.
  void add_kind(detail::ModuleKind<Scalar> kind) {
    if (!is_utf8(kind.name) || kind.name.empty() || find(kind.name) != nullptr) {
      throw ArgumentError("ModuleRegistry: name is " + in_quotes(kind.name) +
                          ", expected a unique UTF-8 name");
    }
    kinds_.push_back(std::move(kind));
  }
  /// Returns the kind with this name, or null.
  const detail::ModuleKind<Scalar>* find(std::string_view name) const {
    const auto found = std::ranges::find(kinds_, name, &detail::ModuleKind<Scalar>::name);
    return found == kinds_.end() ? nullptr : &*found;
  }

 private:
  std::vector<detail::ModuleKind<Scalar>> kinds_;
};

}  // namespace gradus
