// SPDX-License-Identifier: MIT

#include <cstdint>
#include <string>
#include <utility>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/architecture_sax.hpp>

#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using gradus::test::message_of;

/// Returns what is wrong with a description, or an empty string.
std::string problem(const std::string& json) {
  const std::string text = message_of<FileError>([&] { gradus::detail::parse_architecture("x", json); });
  const std::string before = "x: architecture: ";
  return text.starts_with(before) ? text.substr(before.size()) : text;
}
std::string with_modules(const std::string& modules) {
  return R"({"version":1,"dtype":"F32","modules":[)" + modules + "]}";
}
std::string repeated(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("parse_architecture: reads names, settings and nested modules") {
  const auto architecture = gradus::detail::parse_architecture(
      "x",
      with_modules(R"({"kind":"ReLU"},{"name":"body","kind":"Sequential","modules":[)"
                   R"({"settings":{"a":1,"b":true,"c":0.5,"d":"e","f":-3},"kind":"Any"}]},{"kind":"Tanh"})"));
  CHECK(architecture.dtype == "F32");
  REQUIRE(architecture.modules.size() == 3);
  CHECK(architecture.modules[0].name == "");
  CHECK(architecture.modules[1].name == "body");
  CHECK(architecture.modules[1].is_sequence());
  CHECK(architecture.modules[1].modules[0].kind == "Any");
  CHECK(architecture.modules[1].modules[0].settings ==
        Settings{{"a", 1}, {"b", true}, {"c", 0.5}, {"d", "e"}, {"f", -3}});
  CHECK(architecture.modules[2].kind == "Tanh");
  CHECK(problem(with_modules("")) == "");
  CHECK(problem(with_modules(R"({"kind":"Sequential","modules":[]})")) == "");
}

TEST_CASE("parse_architecture: malformed descriptions are refused with a reason") {
  const std::pair<std::string, std::string> cases[] = {
      {"", "JSON begins with \"\", expected \"{\""},
      {"[]", "JSON begins with \"[\", expected \"{\""},
      {"{}", "version is missing, expected 1"},
      {R"({"version":1})", "dtype or modules are missing, expected both"},
      {R"({"version":1,"dtype":"F32"})", "dtype or modules are missing, expected both"},
      {R"({"version":1,"modules":[]})", "dtype or modules are missing, expected both"},
      {R"({"version":2})", "version is 2, expected 1"},
      {R"({"version":-1})", "version is -1, expected 1"},
      {R"({"version":"1"})", "unexpected string"},
      {R"({"version":1.0})", "unexpected number"},
      {R"({"version":1,"version":1})", "key \"version\" appears twice, expected once"},
      {R"({"other":1})", "key \"other\" is unknown, expected version, dtype or modules"},
      {R"({"modules":{}})", "unexpected object"},
      {R"({"modules":[[]]})", "unexpected array"},
      {R"({"modules":[1]})", "unexpected number"},
      {R"({"modules":[null]})", "unexpected null"},
      {R"({"modules":true})", "unexpected boolean"},
      {with_modules("{}"), "a module has no kind, expected one"},
      {with_modules(R"({"kind":""})"), "a module has no kind, expected one"},
      {with_modules(R"({"kind":"A","kind":"A"})"), "key \"kind\" appears twice, expected once"},
      {with_modules(R"({"kind":"A","name":""})"), "a module has an empty name, expected a name or none"},
      {with_modules(R"({"kind":"A","name":3})"), "unexpected number"},
      {with_modules(R"({"kind":"A","children":[]})"),
       "key \"children\" is unknown, expected kind, name, settings or modules"},
      {with_modules(R"({"kind":"A","settings":[]})"), "unexpected array"},
      {with_modules(R"({"kind":"A","settings":{"a":1,"a":1}})"), "key \"a\" appears twice, expected once"},
      {with_modules(R"({"kind":"A","settings":{"a":{}}})"), "unexpected object"},
      {with_modules(R"({"kind":"A","settings":{"a":[]}})"), "unexpected array"},
      {with_modules(R"({"kind":"A","settings":{"a":null}})"), "unexpected null"},
      {with_modules(R"({"kind":"A","settings":{"a":9223372036854775808}})"),
       "number is 9223372036854775808, expected at most 9223372036854775807"},
      {with_modules(R"({"kind":"A","modules":[]})"),
       "a module has the wrong keys, expected modules in a Sequential and settings in any other"},
      {with_modules(R"({"kind":"Sequential"})"),
       "a module has the wrong keys, expected modules in a Sequential and settings in any other"},
      {with_modules(R"({"kind":"Sequential","modules":[],"settings":{}})"),
       "a module has the wrong keys, expected modules in a Sequential and settings in any other"},
      {with_modules("") + "x", "JSON is invalid at byte 41"},
      {with_modules(R"({"kind":"A","settings":{"a":1e999}})"), "JSON is invalid at byte 71"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.first);
    CHECK(problem(each.first) == each.second);
  }
  CHECK(problem(with_modules("\xff")).starts_with("JSON is invalid at byte "));
  CHECK(problem(std::string("{\0}", 3)).starts_with("JSON has a NUL"));
}

TEST_CASE("parse_architecture: depth and number of modules are limited while parsing") {
  const std::string open = R"({"kind":"Sequential","modules":[)";
  const auto nested = [&](int depth) { return with_modules(repeated(open, depth) + repeated("]}", depth)); };
  CHECK(problem(nested(24)) == "");
  CHECK(problem(nested(25)) == "modules are nested too deeply, expected at most 24 levels");
  CHECK(problem(with_modules(repeated(open, 1'000'000))) ==
        "modules are nested too deeply, expected at most 24 levels");
  CHECK(problem(R"({"modules":)" + std::string(1'000'000, '[')) == "unexpected array");
  const std::string module = R"({"kind":"A"},)";
  CHECK(problem(with_modules(repeated(module, 9'999) + R"({"kind":"A"})")) == "");
  CHECK(problem(with_modules(repeated(module, 10'000) + R"({"kind":"A"})")) ==
        "there are too many modules, expected at most 10000");
  CHECK(problem(with_modules(repeated(module, 2'000'000))) ==
        "there are too many modules, expected at most 10000");
}

TEST_CASE("parse_architecture: any truncated or modified description is either read or refused") {
  const std::string whole = with_modules(
      R"({"kind":"ReLU"},{"name":"b","kind":"Sequential","modules":[{"settings":{"a":1,"c":0.5},"kind":"A"}]})");
  REQUIRE(problem(whole) == "");
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK(problem(whole.substr(0, size)) != "");
  Generator random{1};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes = whole;
    for (int change = 0; change < 2; ++change)
      bytes[random.next() % bytes.size()] = static_cast<char>(random.next() & 0xff);
    problem(bytes);
  }
}
