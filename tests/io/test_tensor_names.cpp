// SPDX-License-Identifier: MIT

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/io/tensor_names.hpp>

namespace {

using namespace gradus;
using gradus::detail::FileTensor;
using gradus::detail::natural_less;

/// Returns the modules found from these tensors of a file, given as dtype and name.
std::vector<std::string> modules(const std::vector<std::pair<std::string, std::string>>& tensors) {
  std::vector<SafetensorsEntry> entries;
  for (const auto& [dtype, name] : tensors) entries.push_back({name, dtype, {1}, 1});
  std::vector<FileTensor> files;
  for (const SafetensorsEntry& entry : entries) files.push_back({entry.name, &entry});
  return detail::ordered_modules(files);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("natural_less: compares numbers as numbers and is a strict order") {
  CHECK(natural_less("layer.2", "layer.10"));
  CHECK_FALSE(natural_less("layer.10", "layer.2"));
  CHECK(natural_less("a", "b"));
  CHECK(natural_less("a", "a1"));
  CHECK(natural_less("a09", "a10"));
  CHECK(natural_less("x99999999999999999999998", "x99999999999999999999999"));
  CHECK_FALSE(natural_less("", ""));
  Names names{"0", "00", "1", "01", "a", "a0", "a00", "a1b", "a01b", "10", "9", "b", "", "a1", "1a", "-1"};
  std::ranges::sort(names, natural_less);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < names.size(); ++j) CHECK(natural_less(names[i], names[j]) == (i < j));
  }
}

TEST_CASE("rename: the longest matching path applies, in any order of the rules") {
  const std::vector<std::pair<std::string, std::string>> paths{{"a", "x"}, {"a.b", "y"}, {"a.b.c", "z"}};
  for (const auto& order : std::vector<std::vector<std::pair<std::string, std::string>>>{
           paths, {paths[2], paths[0], paths[1]}, {paths[1], paths[2], paths[0]}}) {
    std::vector<FileTensor> tensors{
        {"a.w", nullptr}, {"a.b.w", nullptr}, {"a.b.c", nullptr}, {"ab.w", nullptr}};
    detail::rename("file", tensors, order);
    Names names;
    for (const FileTensor& tensor : tensors) names.push_back(tensor.name);
    CHECK(names == Names{"x.w", "y.w", "z", "ab.w"});
  }
}

TEST_CASE("ordered_modules: sorted names carry no order, any other order is kept") {
  CHECK(modules({{"F32", "10.weight"}, {"F32", "2.bias"}, {"F32", "2.weight"}}) == Names{"2", "10"});
  CHECK(modules({{"I64", "2.count"}, {"F32", "10.weight"}, {"F32", "2.bias"}}) == Names{"2", "10"});
  CHECK(modules({{"F32", "stem.weight"}, {"F32", "stem.bias"}, {"F32", "body.weight"}}) ==
        Names{"stem", "body"});
  CHECK(modules({{"F32", "scale"}, {"F32", "a.b.c"}}) == Names{"", "a.b"});
  CHECK(modules({}) == Names{});
}
