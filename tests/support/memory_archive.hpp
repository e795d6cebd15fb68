// SPDX-License-Identifier: MIT

#pragma once

#include <any>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include <gradus/train/archive.hpp>

namespace gradus::test {

/// An archive in memory. `loading` selects the direction.
class MemoryArchive : public Archive {
 public:
  bool loading = false;
  std::map<std::string, std::any> values;

 protected:
  void visit(const std::string& name, bool& value) override { exchange(name, value); }
  void visit(const std::string& name, double& value) override { exchange(name, value); }
  void visit(const std::string& name, Index& value) override { exchange(name, value); }
  void visit(const std::string& name, std::string& value) override { exchange(name, value); }
  void visit(const std::string& name, std::vector<double>& value) override { exchange(name, value); }
  void visit(const std::string& name, std::vector<std::int64_t>& value) override { exchange(name, value); }
  void visit(const std::string& name, std::vector<std::string>& value) override { exchange(name, value); }
  void visit(const std::string& name, Generator& value) override { exchange(name, value); }
  void visit(const std::string& name, Tensor<float>& value) override { exchange(name, value); }
  void visit(const std::string& name, Tensor<double>& value) override { exchange(name, value); }
  void visit(const std::string& name, std::vector<Tensor<float>>& value) override { exchange(name, value); }
  void visit(const std::string& name, std::vector<Tensor<double>>& value) override { exchange(name, value); }
  void visit_count(const std::string& name, std::int64_t& value) override { exchange(name, value); }
  void visit_expected(const std::string& name, const std::string& value) override {
    std::string stored = value;
    exchange(name, stored);
    if (stored != value) throw std::runtime_error(name);
  }

 private:
  template <class T>
  void exchange(const std::string& name, T& value) {
    if (loading)
      value = std::any_cast<T>(values.at(name));
    else if (!values.emplace(name, value).second)
      throw std::runtime_error("twice: " + name);
  }
};

}  // namespace gradus::test
