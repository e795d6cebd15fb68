// SPDX-License-Identifier: MIT

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/escape.hpp>
#include <gradus/core/format.hpp>
#include <gradus/core/index.hpp>
#include <gradus/train/metrics.hpp>

namespace gradus {

/// The results of one epoch of training.
struct EpochRecord {
  Index epoch = 0;                         ///< counted from 1
  Metrics train = {};                      ///< over the batches of the epoch, each measured before its step
  std::optional<Metrics> validation = {};  ///< after the epoch, if there is validation data
  double seconds = 0;                      ///< training time, without validation
  double learning_rate = 0;                ///< at the end of the epoch
  std::string validation_name = {};        ///< name of the validation data; may be empty
};

namespace detail {

inline std::string validation_name(const EpochRecord& record) {
  return record.validation_name.empty() ? "validation" : record.validation_name;
}

/// Returns text as a CSV field, quoted if necessary (RFC 4180).
inline std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

/// Returns text as a JSON string. Bytes that are not UTF-8 are written as `\xff`.
inline std::string json_string(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : escaped(text)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace detail

/// Returns `epoch 1, train loss 1.046, train acc 0.634, test acc 0.717` for validation data named `test`;
/// unnamed data is called `validation`. Without accuracies, as in a regression, returns `epoch 1, train loss
/// 1.046, test loss 1.121`. Small losses are in scientific notation, as in `3.20e-05`. Metrics that were
/// added to the trainer follow, as in `test mae 0.250`, from the training data if there is no validation
/// data.
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
  const std::string data = record.validation ? detail::validation_name(record) : "train";
  for (const NamedMetric& metric : (record.validation ? *record.validation : record.train).named)
    line += ", " + data + " " + metric.name + " " + format_loss(metric.value);
  return line;
}

/// The records of the epochs trained so far.
class History {
 public:
  /// Appends the record of an epoch.
  void push_back(const EpochRecord& record) { records_.push_back(record); }

  /// Returns the number of epochs.
  Index size() const { return static_cast<Index>(records_.size()); }
  /// Returns whether no epoch has ended yet.
  bool empty() const { return records_.empty(); }
  /// Returns a record. Throws IndexError.
  const EpochRecord& operator[](Index i) const {
    if (i < 0 || i >= size()) {
      throw IndexError("History: index is " + std::to_string(i) + ", expected one in [0, " +
                       std::to_string(size()) + ")");
    }
    return records_[to_size(i)];
  }
  /// Returns the record of the last epoch. Throws IndexError if there is none.
  const EpochRecord& back() const { return (*this)[size() - 1]; }
  /// Returns an iterator to the first record.
  auto begin() const { return records_.begin(); }
  /// Returns the end iterator.
  auto end() const { return records_.end(); }

  /// Returns CSV: a header and one line per epoch. For validation data named `test`, the header is
  /// `epoch,train_loss,train_acc,test_loss,test_acc,seconds,learning_rate`; without a name, or if the name
  /// differs between epochs, the validation columns are `validation_loss` and `validation_acc`. Two columns
  /// follow for each metric added to the trainer, as in `train_mae,test_mae`. Unknown values are empty;
  /// numbers except `seconds` have full precision. A comment, if any, becomes a line `# comment` before the
  /// header. To write a file, use `write_text(path, history.to_csv())` from core/atomic_file.hpp.
  std::string to_csv(const std::string& comment = {}) const {
    std::string csv = comment.empty() ? "" : "# " + comment + "\n";
    const auto add_line = [&](const std::vector<std::string>& fields) {
      for (std::size_t i = 0; i < fields.size(); ++i)
        csv += (i == 0 ? "" : ",") + detail::csv_field(fields[i]);
      csv += "\n";
    };
    add_line(columns());
    const std::vector<std::string> metrics = metric_names();
    for (const EpochRecord& record : records_) add_line(row(record, metrics));
    return csv;
  }

  /// Returns one JSON object per line and epoch, with the columns of `to_csv` as keys, for `jq` or
  /// `pandas.read_json(file, lines=True)`. Unknown and non-finite values are null.
  std::string to_json_lines() const {
    std::string json;
    const std::vector<std::string> keys = columns(), metrics = metric_names();
    for (const EpochRecord& record : records_) {
      const std::vector<std::string> numbers = row(record, metrics);
      for (std::size_t i = 0; i < keys.size(); ++i) {
        const bool is_number = !numbers[i].empty() && numbers[i].find("inf") == std::string::npos;
        json +=
            (i == 0 ? "{" : ", ") + detail::json_string(keys[i]) + ": " + (is_number ? numbers[i] : "null");
      }
      json += "}\n";
    }
    return json;
  }

  /// Saves or loads the records: see train/archive.hpp. Throws ArgumentError if columns differ in length.
  template <class Archive>
  void serialize(Archive& archive);

 private:
  /// Returns the names of the columns.
  std::vector<std::string> columns() const {
    const std::string name = validation_name();
    std::vector<std::string> columns{"epoch",       "train_loss", "train_acc",    name + "_loss",
                                     name + "_acc", "seconds",    "learning_rate"};
    for (const std::string& metric : metric_names()) {
      columns.push_back("train_" + metric);
      columns.push_back(name + "_" + metric);
    }
    return columns;
  }
  /// Returns the values of an epoch's columns; unknown ones are empty.
  static std::vector<std::string> row(const EpochRecord& record, const std::vector<std::string>& metrics) {
    const auto field = [](double number) {
      return std::isnan(number) ? std::string() : format_shortest(number);
    };
    const Metrics validation = record.validation.value_or(Metrics{});
    std::vector<std::string> row{std::to_string(record.epoch), field(record.train.loss),
                                 field(record.train.accuracy), field(validation.loss),
                                 field(validation.accuracy),   format_fixed(record.seconds, 6),
                                 field(record.learning_rate)};
    for (const std::string& metric : metrics) {
      for (const Metrics* data : {&record.train, &validation}) {
        const NamedMetric* const found = data->find(metric);
        row.push_back(found != nullptr ? field(found->value) : "");
      }
    }
    return row;
  }

  /// Returns the names of all metrics that were added to the trainer, in order of first appearance.
  std::vector<std::string> metric_names() const {
    std::vector<std::string> names;
    for (const EpochRecord& record : records_) {
      for (const Metrics& data : {record.train, record.validation.value_or(Metrics{})}) {
        for (const NamedMetric& metric : data.named) {
          if (std::ranges::find(names, metric.name) == names.end()) names.push_back(metric.name);
        }
      }
    }
    return names;
  }

  /// Returns the name of the validation data, or `validation` if it differs between epochs.
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

namespace detail {

/// Saves or loads one field of all records.
template <class Archive, class Field>
void serialize_column(Archive& archive, const char* name, std::vector<EpochRecord>& records,
                      const Field& field) {
  using Value = std::remove_reference_t<decltype(field(records.front()))>;
  using Stored = std::conditional_t<std::is_integral_v<Value>, std::int64_t, double>;
  std::vector<Stored> column;
  column.reserve(records.size());
  for (EpochRecord& record : records) column.push_back(static_cast<Stored>(field(record)));
  archive(name, column);
  if (column.size() != records.size()) {
    throw ArgumentError(std::string("History: column ") + name + " has " + std::to_string(column.size()) +
                        " records, expected " + std::to_string(records.size()));
  }
  for (std::size_t i = 0; i < column.size(); ++i) {
    auto& value = field(records[i]);
    value = static_cast<std::remove_reference_t<decltype(value)>>(column[i]);
  }
}

template <class Archive, class Data>
void serialize_metrics(Archive& archive, const char* name, std::vector<EpochRecord>& records,
                       const Data& data) {
  const auto scope = archive.scope(name);
  serialize_column(archive, "loss", records, [&](auto& record) -> double& { return data(record).loss; });
  serialize_column(archive, "accuracy", records,
                   [&](auto& record) -> double& { return data(record).accuracy; });
  serialize_column(archive, "samples", records, [&](auto& record) -> Index& { return data(record).samples; });
  for (std::size_t i = 0; i < records.size(); ++i) {
    std::vector<std::string> names;
    std::vector<double> values;
    for (const NamedMetric& metric : data(records[i]).named) {
      names.push_back(metric.name);
      values.push_back(metric.value);
    }
    const auto of_record = archive.scope(std::to_string(i));
    archive("metric_names", names);
    archive("metric_values", values);
    if (names.size() != values.size()) {
      throw ArgumentError("History: record " + std::to_string(i) + " has " + std::to_string(values.size()) +
                          " metric values, expected one for each of " + std::to_string(names.size()) +
                          " names");
    }
    data(records[i]).named.clear();
    for (std::size_t m = 0; m < names.size(); ++m) data(records[i]).named.push_back({names[m], values[m]});
  }
}

}  // namespace detail

template <class Archive>
void History::serialize(Archive& archive) {
  std::vector<std::string> validation_names;
  validation_names.reserve(records_.size());
  for (const EpochRecord& record : records_) validation_names.push_back(record.validation_name);
  archive("validation_names", validation_names);
  records_.resize(validation_names.size());
  std::vector<double> validated(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) validated[i] = records_[i].validation.has_value() ? 1 : 0;
  archive("validated", validated);
  if (validated.size() != records_.size())
    throw ArgumentError("History: column validated has " + std::to_string(validated.size()) +
                        " records, expected " + std::to_string(records_.size()));
  for (std::size_t i = 0; i < records_.size(); ++i) {
    records_[i].validation_name = validation_names[i];
    if (!records_[i].validation) records_[i].validation.emplace();
  }
  detail::serialize_column(archive, "epoch", records_, [](auto& record) -> Index& { return record.epoch; });
  detail::serialize_column(archive, "seconds", records_,
                           [](auto& record) -> double& { return record.seconds; });
  detail::serialize_column(archive, "learning_rate", records_,
                           [](auto& record) -> double& { return record.learning_rate; });
  detail::serialize_metrics(archive, "train", records_,
                            [](auto& record) -> Metrics& { return record.train; });
  detail::serialize_metrics(archive, "validation", records_,
                            [](auto& record) -> Metrics& { return *record.validation; });
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (!(validated[i] > 0)) records_[i].validation.reset();
  }
}

}  // namespace gradus
