// SPDX-License-Identifier: MIT

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/io/safetensors_header.hpp>
#include <gradus/io/settings.hpp>
#include <gradus/nn/nesting.hpp>

namespace gradus::detail {

inline constexpr std::int64_t architecture_version = 1;
/// The maximum number of modules, so that a small file cannot use much memory.
inline constexpr std::size_t most_modules = 10'000;

/// A module as described in the file.
struct ModuleDescription {
  std::string kind = {};
  std::string name = {};  ///< empty for a numbered module
  Settings settings = {};
  std::vector<ModuleDescription> modules = {};  ///< the modules of a nested sequence

  bool is_sequence() const { return kind == "Sequential"; }
};

/// The description of a network.
struct Architecture {
  std::string dtype = {};
  std::vector<ModuleDescription> modules = {};
};

/// A parser of the JSON of an architecture as a stream of events, so that duplicate keys, deep nesting and
/// too many modules are rejected before they are stored. `problem` describes the first error.
class ArchitectureSax : public nlohmann::json_sax<nlohmann::json> {
 public:
  Architecture architecture;
  std::string problem;

  bool start_object(std::size_t) override {
    if (at_ == At::start) return go(At::root);
    if (at_ == At::list) return start_module();
    if (at_ == At::module && key_ == "settings") return go(At::settings);
    return unexpected("object");
  }
  bool end_object() override {
    if (at_ == At::settings) return go(At::module);
    if (at_ == At::module) return finish_module();
    at_ = At::end;
    if (!has_version_) return reject("version is missing, expected " + std::to_string(architecture_version));
    return has_modules_ && !architecture.dtype.empty()
               ? true
               : reject("dtype or modules are missing, expected both");
  }
  bool start_array(std::size_t) override {
    const bool of_root = at_ == At::root && key_ == "modules";
    if (!of_root && (at_ != At::module || key_ != "modules")) return unexpected("array");
    has_modules_ = true;
    at_ = At::list;
    return true;
  }
  bool end_array() override { return go(open_.empty() ? At::root : At::module); }
  bool key(std::string& text) override {
    std::set<std::string>& seen = at_ == At::settings ? setting_names_
                                  : at_ == At::root   ? root_keys_
                                                      : open_.back().keys;
    if (!seen.insert(text).second) return reject("key " + in_quotes(text) + " appears twice, expected once");
    const bool known =
        at_ == At::settings ||
        (at_ == At::root ? text == "version" || text == "dtype" || text == "modules"
                         : text == "kind" || text == "name" || text == "settings" || text == "modules");
    if (!known) {
      return reject("key " + in_quotes(text) + " is unknown, expected " +
                    (at_ == At::root ? "version, dtype or modules" : "kind, name, settings or modules"));
    }
    key_ = text;
    return true;
  }
  bool string(std::string& text) override {
    if (at_ == At::settings) return set(text);
    if (at_ == At::root && key_ == "dtype") {
      architecture.dtype = text;
    } else if (at_ == At::module && key_ == "kind") {
      module().kind = text;
    } else if (at_ == At::module && key_ == "name") {
      if (text.empty()) return reject("a module has an empty name, expected a name or none");
      module().name = text;
    } else {
      return unexpected("string");
    }
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(std::numeric_limits<std::int64_t>::max()))
      return reject("number is " + std::to_string(value) + ", expected at most " +
                    std::to_string(std::numeric_limits<std::int64_t>::max()));
    return number_integer(static_cast<std::int64_t>(value));
  }
  bool number_integer(number_integer_t value) override {
    if (at_ == At::settings) return set(std::int64_t{value});
    if (at_ != At::root || key_ != "version") return unexpected("number");
    has_version_ = true;
    if (value == architecture_version) return true;
    return reject("version is " + std::to_string(value) + ", expected " +
                  std::to_string(architecture_version));
  }
  bool number_float(number_float_t value, const std::string&) override {
    return at_ == At::settings ? set(value) : unexpected("number");
  }
  bool boolean(bool value) override { return at_ == At::settings ? set(value) : unexpected("boolean"); }
  bool null() override { return unexpected("null"); }
  bool binary(nlohmann::json::binary_t&) override { return unexpected("binary data"); }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    return reject("JSON is invalid at byte " + std::to_string(position));
  }

 private:
  enum class At { start, root, list, module, settings, end };
  /// A module being read; the innermost is the last in `open_`.
  struct Open {
    ModuleDescription* module;
    std::set<std::string> keys = {};
  };

  ModuleDescription& module() { return *open_.back().module; }

  bool go(At next) {
    at_ = next;
    if (next == At::settings) setting_names_.clear();
    return true;
  }
  bool reject(std::string what) {
    problem = std::move(what);
    return false;
  }
  bool unexpected(const std::string& what) { return reject("unexpected " + what); }
  bool set(Settings::Value value) {
    module().settings.set(key_, std::move(value));
    return true;
  }
  bool start_module() {
    if (static_cast<Index>(open_.size()) + 1 > nn::max_nesting)
      return reject("modules are nested too deeply, expected at most " + std::to_string(nn::max_nesting) +
                    " levels");
    if (++count_ > most_modules)
      return reject("there are too many modules, expected at most " + std::to_string(most_modules));
    // A list grows only while none of its modules is open, so the pointers stay valid.
    auto& list = open_.empty() ? architecture.modules : module().modules;
    open_.push_back({&list.emplace_back()});
    return go(At::module);
  }
  bool finish_module() {
    const Open& open = open_.back();
    if (open.module->kind.empty()) return reject("a module has no kind, expected one");
    if (open.keys.contains(open.module->is_sequence() ? "settings" : "modules") ||
        (open.module->is_sequence() && !open.keys.contains("modules")))
      return reject(
          "a module has the wrong keys, expected modules in a Sequential and settings in any other");
    open_.pop_back();
    return go(At::list);
  }

  At at_ = At::start;
  std::string key_;
  std::vector<Open> open_;
  std::set<std::string> root_keys_, setting_names_;
  std::size_t count_ = 0;
  bool has_version_ = false, has_modules_ = false;
};

/// Parses a description. Throws FileError with a message that starts with `where`.
inline Architecture parse_architecture(const std::string& where, std::string_view json) {
  if (const std::string problem = problem_around_object(json); !problem.empty())
    throw FileError(where + ": architecture: " + problem);
  ArchitectureSax sax;
  if (!nlohmann::json::sax_parse(json, &sax)) throw FileError(where + ": architecture: " + sax.problem);
  return std::move(sax.architecture);
}

}  // namespace gradus::detail
