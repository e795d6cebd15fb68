// SPDX-License-Identifier: MIT

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <gradus/io/onnx_one_hot.hpp>
#include <gradus/io/onnx_reader.hpp>
#include <gradus/nn.hpp>

#include "../support/onnx_bytes.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using namespace gradus;
using namespace gradus::test;

/// A file that selects columns of [N, 3] as OneHot{3, {{0, 2}, {2, 3}}} does. Tests change single parts of
/// it.
struct OneHotFile {
  std::vector<std::int64_t> columns{0, 0, 1, 2, 2, 2};
  std::vector<float> numbers{0, 1, -7, 0, 1, 2};  // the third is not read
  std::string flags = std::string("\1\1\0\1\1\1", 6);
  std::string gather = onnx_node("Gather", {"x", "columns"}, "a", {onnx_integer_attribute("axis", 1)});
  std::string equal = onnx_node("Equal", {"a", "numbers"}, "b");
  std::string cast = onnx_node("Cast", {"b"}, "c", {onnx_integer_attribute("to", 1)});
  std::string where = onnx_node("Where", {"flags", "c", "a"}, "y");

  nn::Sequential<float> loaded() const {
    const auto size = static_cast<std::int64_t>(numbers.size());
    const OnnxFile file{.nodes = {gather, equal, cast, where},
                        .constants = {onnx_integers("columns", columns),
                                      onnx_tensor("numbers", {size}, numbers), onnx_flags("flags", flags)},
                        .inputs = {onnx_value("x", {-1, 3})}};
    const std::string bytes = file.bytes();
    return load_onnx(std::as_bytes(std::span(bytes)));
  }
  std::string problem() const {
    return message_of<FileError>([&] { loaded(); });
  }
};

}  // namespace

TEST_CASE("onnx_one_hot_constants: gives one element per output") {
  const auto constants = detail::onnx_one_hot_constants(3, {{0, 2}, {2, 3}});
  CHECK(constants.columns == std::vector<std::int64_t>{0, 0, 1, 2, 2, 2});
  CHECK(constants.numbers == std::vector<double>{0, 1, 0, 0, 1, 2});
  CHECK(constants.is_category == std::vector<bool>{true, true, false, true, true, true});
}

TEST_CASE("OnnxOneHot: Gather, Equal, Cast and Where become a OneHot") {
  const nn::Sequential<float> net = OneHotFile{}.loaded();
  REQUIRE(net.size() == 1);
  const auto* one_hot = net[0].get_if<nn::OneHot<float>>();
  REQUIRE(one_hot != nullptr);
  CHECK(one_hot->in() == 3);
  CHECK(one_hot->columns() == std::vector<nn::CategoricalColumn>{{0, 2}, {2, 3}});
}

TEST_CASE("OnnxOneHot: refuses columns, numbers and flags that are not those of categories") {
  const std::string expected = " of 3 with its category numbers in ascending order";
  OneHotFile file;
  file.columns = {0, 0, 2, 2, 2, 2};
  CHECK(file.problem() ==
        "load_onnx: memory: node 0 (Gather) selects column 2, expected column 1" + expected);
  for (const auto& columns : {std::vector<std::int64_t>{1, 1, 0, 2, 2, 2},
                              {0, 0, 1, 1, 2, 2},
                              {0, 0, 1, 2, 2, 3},
                              {0, 0, 0, 1, 1, 1},
                              {-3, -3, 1, 2, 2, 2}}) {
    file.columns = columns;
    CHECK(file.problem().starts_with("load_onnx: memory: node 0 (Gather) selects column "));
  }
  file = {};
  file.numbers[5] = 3;
  CHECK(file.problem() ==
        "load_onnx: memory: node 0 (Gather) selects column 2, expected column 2" + expected);
  file.numbers[5] = std::numeric_limits<float>::quiet_NaN();
  CHECK(file.problem().starts_with("load_onnx: memory: node 0 (Gather) selects column 2"));
  file.numbers.pop_back();
  CHECK(file.problem() == "load_onnx: memory: node 1 (Equal) has a constant of shape [5], expected [6]");
  file = {};
  file.flags[1] = '\0';
  CHECK(file.problem().starts_with("load_onnx: memory: node 0 (Gather) selects column 0, expected column 1"));
  file.flags = "\1";
  CHECK(file.problem() == "load_onnx: memory: node 3 (Where) has a constant of shape [1], expected [6]");
}

TEST_CASE("OnnxOneHot: refuses other operators after a Gather, and a Gather of something else") {
  const std::string open = " selects columns, expected Equal, Cast and Where after it, which form a OneHot";
  OneHotFile file;
  file.where = onnx_node("Where", {"flags", "a", "c"}, "y");
  CHECK(file.problem() == "load_onnx: memory: node 0 (Gather)" + open);
  file.where = onnx_node("Add", {"c", "a"}, "y");
  CHECK(file.problem() == "load_onnx: memory: node 0 (Gather)" + open);
  file = {};
  file.equal = onnx_node("Equal", {"a", "a"}, "b");
  CHECK(file.problem() == "load_onnx: memory: node 1 (Equal) has a computed operand 1, expected a constant");
  file = {};
  file.gather = onnx_node("Gather", {"x", "numbers"}, "a", {onnx_integer_attribute("axis", 1)});
  CHECK(
      file.problem() ==
      "load_onnx: memory: node 0 (Gather): \"numbers\" has type 1 and shape [6], expected type 7 (int64) and "
      "at most 6 elements");
  file = {};
  file.where = onnx_node("Where", {"numbers", "c", "a"}, "y");
  CHECK(file.problem() == "load_onnx: memory: node 0 (Gather): \"numbers\" has type 1, expected 9 (bool)");
  file = {};
  file.cast = onnx_node("Cast", {"b"}, "c", {onnx_integer_attribute("to", 7)});
  CHECK(file.problem() ==
        "load_onnx: memory: node 2 (Cast) casts to type 7, expected 1 (float) or 11 (double)");
  file = {};
  file.gather = onnx_node("Gather", {"x", "columns"}, "a");
  CHECK(file.problem() ==
        "load_onnx: memory: node 0 (Gather) selects along axis 0, expected axis 1 of an input [N, features]");
  const std::string bytes =
      OnnxFile{.nodes = {onnx_node("Gather", {"x", "columns"}, "y", {onnx_integer_attribute("axis", 1)})},
               .constants = {onnx_integers("columns", {0, 1, 2, 3})}}
          .bytes();
  CHECK(message_of<FileError>([&] { load_onnx(std::as_bytes(std::span(bytes))); }) ==
        "load_onnx: memory: node 0 (Gather)" + open);
}

TEST_CASE("OnnxOneHot: a scaling before the Gather becomes a module before the OneHot") {
  OneHotFile file;
  file.gather = onnx_node("Gather", {"z", "columns"}, "a", {onnx_integer_attribute("axis", -1)});
  const OnnxFile whole{
      .nodes = {onnx_node("Sub", {"x", "one"}, "z"), file.gather, file.equal, file.cast, file.where},
      .constants = {onnx_tensor("one", {}, {1}), onnx_integers("columns", file.columns),
                    onnx_tensor("numbers", {6}, file.numbers), onnx_flags("flags", file.flags)},
      .inputs = {onnx_value("x", {-1, 3})}};
  const std::string bytes = whole.bytes();
  const auto net = load_onnx(std::as_bytes(std::span(bytes)));
  CHECK(net.size() == 2);
  CHECK(net.predict(Tensor<float>{{2, 2, 3}}) == Tensor<float>{{0, 1, 1, 0, 0, 1}});
}
