// SPDX-License-Identifier: MIT

#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/io/module_registry.hpp>
#include <gradus/io/settings.hpp>
#include <gradus/nn.hpp>

/// The library's modules as stored in files. Kinds and settings are named as in PyTorch, so that
/// `getattr(torch.nn, kind)(**settings)` builds the same module there.
namespace gradus::detail {

using TensorShapes = std::vector<std::pair<std::string, Shape>>;

template <class M, class Scalar, class SettingsOf, class Make, class Tensors>
void add_kind(ModuleRegistry<Scalar>& registry, const char* name, SettingsOf settings_of, Make make,
              std::vector<std::string> names, Tensors tensors) {
  registry.add_kind({name,
                     [settings_of](const nn::AnyModule<Scalar>& any) -> std::optional<Settings> {
                       const M* module = any.template get_if<M>();
                       if (module == nullptr) return std::nullopt;
                       return settings_of(*module);
                     },
                     [make](const Settings& settings) { return nn::AnyModule<Scalar>(make(settings)); },
                     tensors, std::move(names)});
}

/// Adds a kind without tensors.
template <class M, class Scalar, class SettingsOf, class Make>
void add_kind(ModuleRegistry<Scalar>& registry, const char* name, SettingsOf settings_of, Make make,
              std::vector<std::string> names) {
  add_kind<M>(registry, name, settings_of, make, std::move(names),
              [](const Settings&) { return TensorShapes(); });
}

/// Adds a kind without settings.
template <class M, class Scalar>
void add_kind(ModuleRegistry<Scalar>& registry, const char* name) {
  add_kind<M>(
      registry, name, [](const M&) { return Settings(); }, [](const Settings&) { return M(); }, {});
}

/// Returns `1:3,4:2` if column 1 has 3 categories and column 4 has 2.
inline std::string one_hot_text(const std::vector<nn::CategoricalColumn>& columns) {
  std::string text;
  for (const auto& [column, count] : columns)
    text += (text.empty() ? "" : ",") + std::to_string(column) + ":" + std::to_string(count);
  return text;
}
/// Parses `1:3,4:2`. Throws FileError.
inline std::vector<nn::CategoricalColumn> one_hot_columns(const std::string& text) {
  std::vector<nn::CategoricalColumn> columns;
  const char* const end = text.data() + text.size();
  for (const char* at = text.data(); at != end;) {
    nn::CategoricalColumn each{};
    const auto [colon, column_error] = std::from_chars(at, end, each.column);
    const bool has_colon = column_error == std::errc{} && colon != end && *colon == ':';
    const auto [next, count_error] = std::from_chars(has_colon ? colon + 1 : end, end, each.count);
    const bool goes_on = next != end && *next == ',' && next + 1 != end;
    if (count_error != std::errc{} || (next != end && !goes_on))
      throw FileError("setting \"columns\" is " + in_quotes(text) +
                      ", expected column:categories pairs such as 1:3,4:2");
    columns.push_back(each);
    at = goes_on ? next + 1 : end;
  }
  return columns;
}

template <class Scalar>
void add_activation_kinds(ModuleRegistry<Scalar>& registry) {
  add_kind<nn::Flatten<Scalar>>(registry, "Flatten");
  add_kind<nn::Identity<Scalar>>(registry, "Identity");
  add_kind<nn::ReLU<Scalar>>(registry, "ReLU");
  add_kind<nn::Sigmoid<Scalar>>(registry, "Sigmoid");
  add_kind<nn::SiLU<Scalar>>(registry, "SiLU");
  add_kind<nn::Tanh<Scalar>>(registry, "Tanh");
  add_kind<nn::Softmax<Scalar>>(
      registry, "Softmax",
      [](const nn::Softmax<Scalar>&) {
        return Settings{{"dim", -1}};
      },
      [](const Settings& s) {
        if (const std::int64_t dim = s.integer("dim"); dim != -1)
          throw FileError("setting \"dim\" is " + std::to_string(dim) + ", expected -1");
        return nn::Softmax<Scalar>();
      },
      {"dim"});
  add_kind<nn::Dropout<Scalar>>(
      registry, "Dropout",
      [](const nn::Dropout<Scalar>& m) {
        return Settings{{"p", m.p()}};
      },
      [](const Settings& s) { return nn::Dropout<Scalar>(s.number("p")); }, {"p"});
  add_kind<nn::Clip<Scalar>>(
      registry, "Clip",
      [](const nn::Clip<Scalar>& m) {
        return Settings{{"low", m.low()}, {"high", m.high()}};
      },
      [](const Settings& s) { return nn::Clip<Scalar>(s.number("low"), s.number("high")); }, {"low", "high"});
  add_kind<nn::ELU<Scalar>>(
      registry, "ELU",
      [](const nn::ELU<Scalar>& m) {
        return Settings{{"alpha", m.alpha()}};
      },
      [](const Settings& s) { return nn::ELU<Scalar>(s.number("alpha")); }, {"alpha"});
  add_kind<nn::LeakyReLU<Scalar>>(
      registry, "LeakyReLU",
      [](const nn::LeakyReLU<Scalar>& m) {
        return Settings{{"negative_slope", m.slope()}};
      },
      [](const Settings& s) { return nn::LeakyReLU<Scalar>(s.number("negative_slope")); },
      {"negative_slope"});
  add_kind<nn::GELU<Scalar>>(
      registry, "GELU",
      [](const nn::GELU<Scalar>& m) {
        return Settings{{"approximate", m.form() == nn::GELUForm::exact ? "none" : "tanh"}};
      },
      [](const Settings& s) {
        const std::string& form = s.text("approximate");
        if (form != "none" && form != "tanh")
          throw FileError("setting " + in_quotes("approximate") + " is " + in_quotes(form) + ", expected " +
                          in_quotes("none") + " or " + in_quotes("tanh"));
        return nn::GELU<Scalar>(form == "none" ? nn::GELUForm::exact : nn::GELUForm::tanh);
      },
      {"approximate"});
  add_kind<nn::Softplus<Scalar>>(
      registry, "Softplus",
      [](const nn::Softplus<Scalar>& m) {
        return Settings{{"beta", m.options().beta}, {"threshold", m.options().threshold}};
      },
      [](const Settings& s) {
        return nn::Softplus<Scalar>({.beta = s.number("beta"), .threshold = s.number("threshold")});
      },
      {"beta", "threshold"});
}

template <class Scalar>
void add_parameter_kinds(ModuleRegistry<Scalar>& registry) {
  add_kind<nn::Linear<Scalar>>(
      registry, "Linear",
      [](const nn::Linear<Scalar>& m) {
        return Settings{{"in_features", m.in()}, {"out_features", m.out()}, {"bias", m.has_bias()}};
      },
      [](const Settings& s) {
        return nn::Linear<Scalar>(s.integer("in_features"), s.integer("out_features"),
                                  {.bias = s.flag("bias")});
      },
      {"in_features", "out_features", "bias"},
      [](const Settings& s) {
        TensorShapes shapes{{"weight", Shape{s.integer("out_features"), s.integer("in_features")}}};
        if (s.flag("bias")) shapes.emplace_back("bias", Shape{s.integer("out_features")});
        return shapes;
      });
  add_kind<nn::BatchNorm1d<Scalar>>(
      registry, "BatchNorm1d",
      [](const nn::BatchNorm1d<Scalar>& m) {
        return Settings{{"num_features", m.features()},
                        {"eps", m.options().epsilon},
                        {"momentum", m.options().momentum},
                        {"affine", m.options().affine}};
      },
      [](const Settings& s) {
        return nn::BatchNorm1d<Scalar>(
            s.integer("num_features"),
            {.epsilon = s.number("eps"), .momentum = s.number("momentum"), .affine = s.flag("affine")});
      },
      {"num_features", "eps", "momentum", "affine"},
      [](const Settings& s) {
        const Shape features{s.integer("num_features")};
        TensorShapes shapes{{"running_mean", features}, {"running_var", features}};
        if (s.flag("affine")) shapes.insert(shapes.end(), {{"weight", features}, {"bias", features}});
        return shapes;
      });
  add_kind<nn::LayerNorm<Scalar>>(
      registry, "LayerNorm",
      [](const nn::LayerNorm<Scalar>& m) {
        return Settings{{"normalized_shape", m.features()},
                        {"eps", m.options().epsilon},
                        {"elementwise_affine", m.options().affine}};
      },
      [](const Settings& s) {
        return nn::LayerNorm<Scalar>(s.integer("normalized_shape"),
                                     {.epsilon = s.number("eps"), .affine = s.flag("elementwise_affine")});
      },
      {"normalized_shape", "eps", "elementwise_affine"},
      [](const Settings& s) {
        const Shape features{s.integer("normalized_shape")};
        if (!s.flag("elementwise_affine")) return TensorShapes();
        return TensorShapes{{"weight", features}, {"bias", features}};
      });
}

template <class Scalar>
void add_data_kinds(ModuleRegistry<Scalar>& registry) {
  const auto add_scaler = [&]<class M>(const char* name, std::type_identity<M>) {
    add_kind<M>(
        registry, name,
        [](const M& m) {
          return Settings{{"features", m.features()}};
        },
        [](const Settings& s) { return M(s.integer("features")); }, {"features"},
        [](const Settings& s) {
          const Shape features{s.integer("features")};
          return TensorShapes{{"offset", features}, {"scale", features}};
        });
  };
  add_scaler("Standardize", std::type_identity<nn::Standardize<Scalar>>());
  add_scaler("MinMax", std::type_identity<nn::MinMax<Scalar>>());
  add_kind<nn::OneHot<Scalar>>(
      registry, "OneHot",
      [](const nn::OneHot<Scalar>& m) {
        return Settings{{"in_features", m.in()}, {"columns", one_hot_text(m.columns())}};
      },
      [](const Settings& s) {
        return nn::OneHot<Scalar>(s.integer("in_features"), one_hot_columns(s.text("columns")));
      },
      {"in_features", "columns"});
}

/// Returns the kinds of the library and the user. Throws ArgumentError for a duplicate name.
template <class Scalar>
ModuleRegistry<Scalar> all_kinds(const ModuleRegistry<Scalar>& of_user) {
  ModuleRegistry<Scalar> all;
  add_activation_kinds(all);
  add_parameter_kinds(all);
  add_data_kinds(all);
  for (const ModuleKind<Scalar>& kind : of_user.kinds()) all.add_kind(kind);
  return all;
}

}  // namespace gradus::detail
