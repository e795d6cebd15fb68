// SPDX-License-Identifier: MIT

#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/file.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/train/archive.hpp>

namespace gradus {

/// An archive that loads what a SaveArchive has saved. Throws FileError naming the first mismatch.
///
/// An archive starts out deferred: values are read and checked but assigned only by `commit`, so that
/// everything can be checked before anything changes.
class LoadArchive : public Archive {
 public:
  /// Opens a file. Throws FileError if it is not a safetensors file.
  explicit LoadArchive(const std::filesystem::path& file) : path_(path_text(file)), reader_(file) {}

  /// Sets whether values are assigned by `commit` or immediately when read.
  void set_deferred(bool deferred) { deferred_ = deferred; }
  /// Throws FileError if the file contains anything that was not read.
  void finish() const {
    for (const SafetensorsEntry& entry : reader_.entries()) check_used(entry.name);
    for (const auto& [name, value] : reader_.metadata()) check_used(name);
  }
  /// Assigns all deferred values.
  void commit() {
    for (const auto& assign : assignments_) assign();
    assignments_.clear();
  }
  /// Throws FileError: `load_checkpoint: <file>: not a checkpoint of this training: <what>`.
  [[noreturn]] void fail(const std::string& what) const {
    throw FileError("load_checkpoint: " + path_ + ": not a checkpoint of this training: " + what);
  }

 protected:
  void visit(const std::string& name, bool& value) override {
    const std::string& text = take(name);
    if (text != "true" && text != "false") throw_value(name, text, "true or false");
    assign(value, text == "true");
  }
  void visit(const std::string& name, double& value) override {
    assign(value, parsed<double>(name, "a number"));
  }
  void visit(const std::string& name, Index& value) override { assign(value, count_of<Index>(name)); }
  void visit(const std::string& name, std::string& value) override { assign(value, std::string(take(name))); }
  void visit(const std::string& name, std::vector<double>& value) override { read_vector(name, value); }
  void visit(const std::string& name, std::vector<std::int64_t>& value) override { read_vector(name, value); }
  void visit(const std::string& name, std::vector<std::string>& value) override {
    std::vector<std::string> read;
    const std::size_t size = size_of(name, reader_.metadata().size());
    read.reserve(size);
    for (std::size_t i = 0; i < size; ++i) read.push_back(take(name + "." + std::to_string(i)));
    assign(value, std::move(read));
  }
  void visit(const std::string& name, Generator& value) override {
    const auto words = tensor<std::uint32_t>(name);
    Generator read = value;
    try {
      read.set_state(words.span());
    } catch (const ArgumentError& error) {
      fail(quoted(name) + ": " + error.what());
    }
    assign(value, read);
  }
  void visit(const std::string& name, Tensor<float>& value) override { read_tensor(name, value); }
  void visit(const std::string& name, Tensor<double>& value) override { read_tensor(name, value); }
  void visit(const std::string& name, std::vector<Tensor<float>>& value) override { read_all(name, value); }
  void visit(const std::string& name, std::vector<Tensor<double>>& value) override { read_all(name, value); }
  void visit_count(const std::string& name, std::int64_t& value) override {
    assign(value, count_of<std::int64_t>(name));
  }
  void visit_expected(const std::string& name, const std::string& value) override {
    const std::string& text = take(name);
    if (text != value) throw_value(name, text, value);
  }

 private:
  static std::string quoted(const std::string& name) { return escaped(name, detail::longest_name); }
  [[noreturn]] void throw_value(const std::string& name, const std::string& found,
                                const std::string& expected) const {
    fail(quoted(name) + " is " + escaped(found, detail::longest_name) + ", expected " + expected);
  }
  void check_used(const std::string& name) const {
    if (!used_.contains(name)) fail(quoted(name) + " is in the file, expected only what this training saves");
  }

  const std::string& take(const std::string& name) {
    used_.insert(name);
    const auto found = reader_.metadata().find(name);
    if (found == reader_.metadata().end()) fail(quoted(name) + " is missing, expected it in the file");
    return found->second;
  }
  template <class T>
  T parsed(const std::string& name, const char* expected) {
    const std::string& text = take(name);
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) throw_value(name, text, expected);
    return value;
  }
  template <class T>
  T count_of(const std::string& name) {
    constexpr const char* expected = "a count >= 0";
    const T count = parsed<T>(name, expected);
    if (count < 0) throw_value(name, std::to_string(count), expected);
    return count;
  }
  /// Reads the size of a vector. Throws FileError if it is above `most`.
  std::size_t size_of(const std::string& name, std::size_t most) {
    const auto size = static_cast<std::uint64_t>(count_of<std::int64_t>(name + ".size"));
    if (size > most) throw_value(name + ".size", std::to_string(size), "at most " + std::to_string(most));
    return static_cast<std::size_t>(size);
  }
  template <class T>
  Tensor<T> tensor(const std::string& name) {
    used_.insert(name);
    if (reader_.find(name) == nullptr) fail(quoted(name) + " is missing, expected it in the file");
    return reader_.read<T>(name);
  }
  template <class T>
  void read_vector(const std::string& name, std::vector<T>& value) {
    const auto read = tensor<T>(name);
    if (read.rank() != 1) fail(quoted(name) + " has shape " + read.shape().to_string() + ", expected [N]");
    assign(value, std::vector<T>(read.begin(), read.end()));
  }
  template <class T>
  void read_tensor(const std::string& name, Tensor<T>& value) {
    auto read = tensor<T>(name);
    if (!(read.shape() == value.shape())) {
      fail(quoted(name) + " has shape " + read.shape().to_string() + ", expected " +
           value.shape().to_string());
    }
    assign(value, std::move(read));
  }
  template <class T>
  void read_all(const std::string& name, std::vector<Tensor<T>>& value) {
    std::vector<Tensor<T>> read;
    const std::size_t size = size_of(name, reader_.entries().size());
    read.reserve(size);
    for (std::size_t i = 0; i < size; ++i) read.push_back(tensor<T>(name + "." + std::to_string(i)));
    assign(value, std::move(read));
  }

  template <class T>
  void assign(T& value, T read) {
    if (!deferred_) {
      value = std::move(read);
      return;
    }
    assignments_.push_back(
        [&value, kept = std::make_shared<T>(std::move(read))] { value = std::move(*kept); });
  }

  std::string path_;
  SafetensorsReader reader_;
  std::set<std::string, std::less<>> used_;
  std::vector<std::function<void()>> assignments_;
  bool deferred_ = true;
};

}  // namespace gradus
