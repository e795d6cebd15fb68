// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gradus/core/index.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>

namespace gradus {

namespace detail {

template <class T, class... Types>
concept OneOf = (std::same_as<T, Types> || ...);

}  // namespace detail

/// The types that an Archive saves and loads.
template <class T>
concept Archivable =
    detail::OneOf<T, bool, double, Index, std::string, std::vector<double>, std::vector<std::int64_t>,
                  std::vector<std::string>, Generator, Tensor<float>, Tensor<double>,
                  std::vector<Tensor<float>>, std::vector<Tensor<double>>>;

/// Base of the archives that save or load the state of objects through their `serialize` function:
///
///     template <class Archive>
///     void serialize(Archive& archive) {
///       archive("best", best_);
///       archive("bad_epochs", bad_epochs_);
///     }
///
/// The same function saves and loads. Loaded values may be assigned only after the whole file has been
/// checked, so `serialize` must not use the values that it passes, and the objects must not move. The two
/// archives are in io/save_archive.hpp and io/load_archive.hpp.
class Archive {
 public:
  virtual ~Archive() = default;

  /// Saves or loads a value. An Index is a count: loading a negative one throws FileError. A tensor must have
  /// the same shape in the file; a vector may differ in size.
  template <Archivable T>
  void operator()(std::string_view name, T& value) {
    visit(path_ + std::string(name), value);
  }
  /// Saves or loads a count, like an Index. It is not an overload, because std::int64_t is the same type as
  /// Index on some platforms only.
  void count(std::string_view name, std::int64_t& value) { visit_count(path_ + std::string(name), value); }
  /// Saves a value, such as the name of a rule, or throws FileError if the file being loaded has another one.
  void expect(std::string_view name, const std::string& value) {
    visit_expected(path_ + std::string(name), value);
  }

  /// A guard: while it is alive, names begin with a prefix and a dot.
  class [[nodiscard]] Scope {
   public:
    /// Adds the prefix.
    Scope(Archive& archive, std::string_view prefix) : archive_(&archive), length_(archive.path_.size()) {
      archive.path_ += std::string(prefix) + ".";
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope() { archive_->path_.resize(length_); }

   private:
    Archive* archive_;
    std::size_t length_;
  };
  /// Adds a prefix to names: `const auto scope = archive.scope("optimizer")`.
  Scope scope(std::string_view prefix) { return {*this, prefix}; }

 protected:
  Archive() = default;
  /// Protected, so that only derived classes are copied.
  Archive(const Archive&) = default;
  /// Protected, so that only derived classes are copied.
  Archive& operator=(const Archive&) = default;

  /// @{
  /// Saves or loads one value under its full name.
  virtual void visit(const std::string& name, bool& value) = 0;
  virtual void visit(const std::string& name, double& value) = 0;
  virtual void visit(const std::string& name, Index& value) = 0;
  virtual void visit(const std::string& name, std::string& value) = 0;
  virtual void visit(const std::string& name, std::vector<double>& value) = 0;
  virtual void visit(const std::string& name, std::vector<std::int64_t>& value) = 0;
  virtual void visit(const std::string& name, std::vector<std::string>& value) = 0;
  virtual void visit(const std::string& name, Generator& value) = 0;
  virtual void visit(const std::string& name, Tensor<float>& value) = 0;
  virtual void visit(const std::string& name, Tensor<double>& value) = 0;
  virtual void visit(const std::string& name, std::vector<Tensor<float>>& value) = 0;
  virtual void visit(const std::string& name, std::vector<Tensor<double>>& value) = 0;
  virtual void visit_count(const std::string& name, std::int64_t& value) = 0;
  virtual void visit_expected(const std::string& name, const std::string& value) = 0;
  /// @}

 private:
  std::string path_;
};

}  // namespace gradus
