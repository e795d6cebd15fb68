// SPDX-License-Identifier: MIT

#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include <gradus/core/eigen.hpp>
#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus {

/// What is known of one epoch of training.
struct EpochRecord {
  Index epoch = 0;                         ///< Counted from 1.
  Metrics train = {};                      ///< Over the epoch's batches, each measured before its own step.
  std::optional<Metrics> validation = {};  ///< After the epoch, if there was something to validate with.
  double seconds = 0;                      ///< Of training, without the validation.
  double learning_rate = 0;                ///< With which the epoch ended.
  std::string validation_name = {};        ///< of the validation data; may be empty
};

namespace detail {

inline std::string validation_name(const EpochRecord& record) {
  return record.validation_name.empty() ? "validation" : record.validation_name;
}

/// Returns a field of a CSV file, in quotes if it needs them: RFC 4180.
inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

}  // namespace detail

/// Returns `epoch 1, train loss 1.046, train acc 0.634, test acc 0.717` for validation data named `test`;
/// data without a name are called `validation`. Without accuracies, in a regression, returns
/// `epoch 1, train loss 1.046, test loss 1.121`. Small losses show their digits, as in `3.20e-05`.
inline std::string to_string(const EpochRecord& record) {
  std::string line =
      "epoch " + std::to_string(record.epoch) + ", train loss " + format_loss(record.train.loss);
  const bool classifies = !std::isnan(record.train.accuracy);
  if (classifies) line += ", train acc " + format_fixed(record.train.accuracy, 3);
  if (record.validation) {
    line += ", " + detail::validation_name(record) +
            (classifies ? " acc " + format_fixed(record.validation->accuracy, 3)
                        : " loss " + format_loss(record.validation->loss));
  }
  return line;
}

/// The epochs of a training so far.
class History {
 public:
  /// Appends the record of an epoch.
  void push_back(const EpochRecord& record) { records_.push_back(record); }

  /// The number of epochs.
  Index size() const { return static_cast<Index>(records_.size()); }
  /// Whether no epoch has ended yet.
  bool empty() const { return records_.empty(); }
  /// Throws IndexError.
  const EpochRecord& operator[](Index i) const {
    if (i < 0 || i >= size()) {
      throw IndexError("History: record " + std::to_string(i) + ", expected one in [0, " +
                       std::to_string(size()) + ")");
    }
    return records_[to_size(i)];
  }
  /// The record of the last epoch. Throws IndexError if there is none.
  const EpochRecord& back() const { return (*this)[size() - 1]; }
  /// The first record.
  auto begin() const { return records_.begin(); }
  /// The end of the records.
  auto end() const { return records_.end(); }

  /// Returns a header and a line for each epoch. For validation data named `test` the header is
  /// `epoch,train_loss,train_acc,test_loss,test_acc,seconds`; without a name, or where the epochs' names
  /// differ, the two columns are called `validation_loss` and `validation_acc`. What is unknown stays empty,
  /// numbers are given to the last digit. A comment, if any, makes up a line `# comment` before the header.
  /// `write_text(path, history.to_csv())` of core/atomic_file.hpp makes it a file.
  std::string to_csv(const std::string& comment = {}) const {
    const auto field = [](double number) { return std::isnan(number) ? "" : format_shortest(number); };
    std::string csv = comment.empty() ? "" : "# " + comment + "\n";
    const std::string name = validation_name();
    csv += "epoch,train_loss,train_acc," + detail::csv_field(name + "_loss") + "," +
           detail::csv_field(name + "_acc") + ",seconds\n";
    for (const EpochRecord& record : records_) {
      const Metrics validation = record.validation.value_or(Metrics{});
      csv += std::to_string(record.epoch) + "," + field(record.train.loss) + "," +
             field(record.train.accuracy) + "," + field(validation.loss) + "," + field(validation.accuracy) +
             "," + format_fixed(record.seconds, 6) + "\n";
    }
    return csv;
  }

 private:
  /// Returns the name of the validation data of all epochs that have any, `validation` where names differ.
  std::string validation_name() const {
    std::string name;
    for (const EpochRecord& record : records_) {
      if (!record.validation) continue;
      if (!name.empty() && name != detail::validation_name(record)) return "validation";
      name = detail::validation_name(record);
    }
    return name.empty() ? "validation" : name;
  }

  std::vector<EpochRecord> records_;
};

}  // namespace gradus
