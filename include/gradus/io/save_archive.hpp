// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <gradus/core/format.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors_writer.hpp>
#include <gradus/train/archive.hpp>

namespace gradus {

/// An archive that saves state in a safetensors file: tensors and vectors as tensors, single values as
/// metadata. Tensors must stay alive until `write`.
class SaveArchive : public Archive {
 public:
  /// Writes the file, which appears complete or not at all. Throws FileError.
  void write(const std::filesystem::path& file) const { writer_.write(file); }

 protected:
  void visit(const std::string& name, bool& value) override { put(name, value ? "true" : "false"); }
  void visit(const std::string& name, double& value) override { put(name, format_shortest(value)); }
  void visit(const std::string& name, Index& value) override { put(name, std::to_string(value)); }
  void visit(const std::string& name, std::string& value) override { put(name, value); }
  void visit(const std::string& name, std::vector<double>& value) override { copy(doubles_, name, value); }
  void visit(const std::string& name, std::vector<std::int64_t>& value) override {
    copy(integers_, name, value);
  }
  void visit(const std::string& name, std::vector<std::string>& value) override {
    put(name + ".size", std::to_string(value.size()));
    for (std::size_t i = 0; i < value.size(); ++i) put(name + "." + std::to_string(i), value[i]);
  }
  void visit(const std::string& name, Generator& value) override { copy(words_, name, value.state()); }
  void visit(const std::string& name, Tensor<float>& value) override { writer_.add(name, value); }
  void visit(const std::string& name, Tensor<double>& value) override { writer_.add(name, value); }
  void visit(const std::string& name, std::vector<Tensor<float>>& value) override { add_all(name, value); }
  void visit(const std::string& name, std::vector<Tensor<double>>& value) override { add_all(name, value); }
  void visit_count(const std::string& name, std::int64_t& value) override {
    put(name, std::to_string(value));
  }
  void visit_expected(const std::string& name, const std::string& value) override { put(name, value); }

 private:
  void put(const std::string& name, const std::string& value) { writer_.add_metadata(name, value); }
  /// Keeps a copy, because the elements may be temporary.
  template <class T, class Elements>
  void copy(std::deque<Tensor<T>>& kept, const std::string& name, const Elements& elements) {
    Tensor<T> tensor(Shape{static_cast<Index>(elements.size())});
    std::copy(elements.begin(), elements.end(), tensor.begin());
    kept.push_back(std::move(tensor));
    writer_.add(name, kept.back());
  }
  template <class T>
  void add_all(const std::string& name, const std::vector<Tensor<T>>& tensors) {
    put(name + ".size", std::to_string(tensors.size()));
    for (std::size_t i = 0; i < tensors.size(); ++i) writer_.add(name + "." + std::to_string(i), tensors[i]);
  }

  SafetensorsWriter writer_;
  std::deque<Tensor<double>> doubles_;  // a deque because the writer refers to its elements
  std::deque<Tensor<std::int64_t>> integers_;
  std::deque<Tensor<std::uint32_t>> words_;
};

}  // namespace gradus
