// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/io/architecture_sax.hpp>
#include <gradus/io/module_kinds.hpp>
#include <gradus/io/module_registry.hpp>
#include <gradus/io/safetensors_dtype.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/nn/sequential.hpp>

/// The architecture of a network, stored as versioned JSON in the metadata of its file:
/// `{"version":1,"dtype":"F32","modules":[{"kind":"Linear","name":"fc1","settings":{"bias":true,...}},...]}`.
/// A nested sequence has the kind Sequential and a `modules` list. Modules without a `name` are numbered.
namespace gradus::detail {

inline constexpr const char* architecture_key = "gradus.architecture";
/// The kind written for an unregistered module, which is saved but cannot be rebuilt.
inline constexpr const char* unregistered_kind = "unregistered";

template <class Scalar>
nlohmann::ordered_json describe_modules(const nn::Sequential<Scalar>& net,
                                        const ModuleRegistry<Scalar>& kinds);

template <class Scalar>
nlohmann::ordered_json describe_module(const nn::AnyModule<Scalar>& module,
                                       const ModuleRegistry<Scalar>& kinds) {
  if (const auto* nested = module.template get_if<nn::Sequential<Scalar>>())
    return {{"kind", "Sequential"}, {"modules", describe_modules(*nested, kinds)}};
  for (const ModuleKind<Scalar>& kind : kinds.kinds()) {
    const std::optional<Settings> settings = kind.describe(module);
    if (!settings) continue;
    nlohmann::ordered_json json{{"kind", kind.name}};
    for (const auto& [name, value] : settings->values()) {
      if (const auto* text = std::get_if<std::string>(&value); !is_utf8(name) || (text && !is_utf8(*text)))
        throw ArgumentError("save: setting " + in_quotes(name) + " of " + module.name() +
                            " is not valid, expected UTF-8 text");
      nlohmann::ordered_json& setting = json["settings"][name];
      std::visit([&](const auto& v) { setting = v; }, value);
    }
    return json;
  }
  return {{"kind", unregistered_kind}, {"settings", {{"type", escaped(module.name())}}}};
}

template <class Scalar>
nlohmann::ordered_json describe_modules(const nn::Sequential<Scalar>& net,
                                        const ModuleRegistry<Scalar>& kinds) {
  auto modules = nlohmann::ordered_json::array();
  for (Index i = 0; i < net.size(); ++i) {
    nlohmann::ordered_json json = describe_module(net[i], kinds);
    if (const std::string name = net.child_name(i); name != std::to_string(i)) json["name"] = name;
    modules.push_back(std::move(json));
  }
  return modules;
}

/// Returns the description of a network. Throws ArgumentError for text that is not UTF-8.
template <class Scalar>
std::string architecture_json(const nn::Sequential<Scalar>& net, const ModuleRegistry<Scalar>& of_user) {
  const nlohmann::ordered_json json{{"version", architecture_version},
                                    {"dtype", safetensors_dtype<Scalar>()},
                                    {"modules", describe_modules(net, all_kinds(of_user))}};
  return json.dump();
}

/// A builder of modules from their descriptions. Errors name the module by its path.
template <class Scalar>
class NetworkBuilder {
 public:
  NetworkBuilder(const SafetensorsReader& reader, const ModuleRegistry<Scalar>& of_user)
      : reader_(reader), kinds_(all_kinds(of_user)) {}

  /// Throws FileError unless every module has a known kind, valid settings and its tensors in the file. Does
  /// not allocate memory for the tensors.
  void check(const std::vector<ModuleDescription>& modules, const std::string& path = "") const {
    for (std::size_t i = 0; i < modules.size(); ++i) {
      const std::string name = path + name_of(modules, i);
      if (modules[i].is_sequence()) {
        check(modules[i].modules, name + ".");
      } else {
        guard(name, modules[i], [&] { check_module(modules[i], name); });
      }
    }
  }

  /// Builds the modules that `check` has accepted.
  nn::Sequential<Scalar> build(const std::vector<ModuleDescription>& modules,
                               const std::string& path = "") const {
    nn::Sequential<Scalar> net;
    for (std::size_t i = 0; i < modules.size(); ++i) {
      const std::string name = path + name_of(modules, i);
      guard(name, modules[i], [&] {
        if (modules[i].is_sequence()) {
          net.add(modules[i].name, build(modules[i].modules, name + "."));
        } else {
          net.add(modules[i].name, kinds_.find(modules[i].kind)->build(modules[i].settings));
        }
      });
    }
    return net;
  }

 private:
  static std::string name_of(const std::vector<ModuleDescription>& modules, std::size_t i) {
    return modules[i].name.empty() ? std::to_string(i) : modules[i].name;
  }

  void check_module(const ModuleDescription& module, const std::string& name) const {
    const ModuleKind<Scalar>* kind = kinds_.find(module.kind);
    if (module.kind == unregistered_kind)
      throw FileError("type " + in_quotes(module.settings.text("type")) +
                      " was not registered when the file was saved, expected a registered type");
    if (kind == nullptr) throw FileError("kind is unknown, expected a built-in or registered one");
    if (kind->settings) {
      for (const auto& [setting, value] : module.settings.values()) {
        if (std::ranges::find(*kind->settings, setting) == kind->settings->end())
          throw FileError("setting " + in_quotes(setting) + " is unknown, expected one of this kind");
      }
    }
    if (!kind->tensors) return;
    for (const auto& [leaf, shape] : kind->tensors(module.settings)) {
      const std::string tensor = name + "." + leaf;
      const SafetensorsEntry* entry = reader_.find(tensor);
      if (entry == nullptr) {
        throw FileError("no tensor is named " + in_quotes(tensor) + ", expected one of shape " +
                        shape.to_string());
      }
      if (!entry->has_shape() || !(entry->shape == shape)) {
        throw FileError(leaf + " is " + entry->description() + ", expected shape " + shape.to_string());
      }
    }
  }

  /// Adds the module's path to any error that f throws.
  template <class F>
  void guard(const std::string& name, const ModuleDescription& module, const F& f) const {
    try {
      f();
    } catch (const Error& error) {
      throw FileError("load_network: " + reader_.name() + ": module " + in_quotes(name) + " of kind " +
                      in_quotes(module.kind) + ": " + error.what());
    }
  }

  const SafetensorsReader& reader_;
  ModuleRegistry<Scalar> kinds_;
};

}  // namespace gradus::detail
