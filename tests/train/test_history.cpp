// SPDX-License-Identifier: MIT

#include <limits>
#include <string>

#include <doctest/doctest.h>

#include <gradus/train/history.hpp>

#include "../support/comma_locale.hpp"
#include "../support/temporary_folder.hpp"

namespace {

using gradus::EpochRecord;
using gradus::History;
using gradus::Metrics;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

EpochRecord first_epoch() {
  return {1, {1.0458, 0.634, 60000}, Metrics{0.6823, 0.7165, 10000}, 1.5, 0.1, "test"};
}

}  // namespace

TEST_CASE("EpochRecord: prints the losses and accuracies of an epoch on one line") {
  CHECK(gradus::to_string(first_epoch()) == "epoch 1, train loss 1.046, train acc 0.634, test acc 0.717");
  EpochRecord record = first_epoch();
  record.validation.reset();
  CHECK(gradus::to_string(record) == "epoch 1, train loss 1.046, train acc 0.634");
}

TEST_CASE("EpochRecord: a regression prints only losses") {
  const EpochRecord record{12, {0.25, unknown, 10}, Metrics{0.5, unknown, 10}, 1, 0.1, "test"};
  CHECK(gradus::to_string(record) == "epoch 12, train loss 0.250, test loss 0.500");
}

TEST_CASE("History: the CSV has every digit, and empty fields for unknown values") {
  History history;
  CHECK(history.to_csv() ==
        "epoch,train_loss,train_acc,validation_loss,validation_acc,seconds,learning_rate\n");
  history.push_back(first_epoch());
  CHECK(history.to_csv("synthetic data").starts_with("# synthetic data\nepoch,train_loss"));
  history.push_back({2, {0.1 + 0.2, unknown, 10}, {}, 0.25, 0.1});
  CHECK(history.to_csv() ==
        "epoch,train_loss,train_acc,test_loss,test_acc,seconds,learning_rate\n"
        "1,1.0458,0.634,0.6823,0.7165,1.500000,0.1\n"
        "2,0.30000000000000004,,,,0.250000,0.1\n");
}

TEST_CASE("EpochRecord: unnamed validation data are called validation") {
  EpochRecord record = first_epoch();
  record.validation_name.clear();
  CHECK(gradus::to_string(record) == "epoch 1, train loss 1.046, train acc 0.634, validation acc 0.717");
  record.validation_name = "held out";
  CHECK(gradus::to_string(record) == "epoch 1, train loss 1.046, train acc 0.634, held out acc 0.717");
}

TEST_CASE("History: the CSV header names the validation data, quoted if necessary") {
  const auto header = [](const History& history) {
    const std::string csv = history.to_csv();
    return csv.substr(0, csv.find('\n'));
  };
  EpochRecord record = first_epoch();
  record.validation_name = "a \"b\", c";
  History history;
  history.push_back(record);
  CHECK(header(history) ==
        "epoch,train_loss,train_acc,\"a \"\"b\"\", c_loss\",\"a \"\"b\"\", c_acc\",seconds,learning_rate");
  history.push_back(first_epoch());
  CHECK(header(history) == "epoch,train_loss,train_acc,validation_loss,validation_acc,seconds,learning_rate");
}

TEST_CASE("History: is a list of records") {
  History history;
  CHECK(history.empty());
  CHECK_THROWS_AS(history.back(), gradus::IndexError);
  history.push_back(first_epoch());
  CHECK(history.size() == 1);
  CHECK(history[0].train.loss == 1.0458);
  CHECK(history.back().validation->accuracy == 0.7165);
  CHECK_THROWS_AS(history[1], gradus::IndexError);
  CHECK_THROWS_AS(history[-1], gradus::IndexError);
}

TEST_CASE("EpochRecord: losses of any size show significant digits") {
  const auto line = [](double loss) {
    return gradus::to_string(
        EpochRecord{1, {loss, unknown, 1}, Metrics{loss / 10, unknown, 1}, 1, 0.1, "test"});
  };
  CHECK(line(3.2e-5) == "epoch 1, train loss 3.20e-05, test loss 3.20e-06");
  CHECK(line(0.1234) == "epoch 1, train loss 0.123, test loss 0.0123");
  CHECK(line(0) == "epoch 1, train loss 0.000, test loss 0.000");
  CHECK(line(1e10) == "epoch 1, train loss 1.00e+10, test loss 1.00e+09");
  CHECK(line(std::numeric_limits<double>::infinity()) == "epoch 1, train loss inf, test loss inf");
  CHECK(line(-unknown) == "epoch 1, train loss nan, test loss nan");
}

TEST_CASE("History: does not depend on the locale") {
  History history;
  history.push_back({12345, {1.0458, 0.634, 60000}, Metrics{1234.5, 0.7165, 10000}, 1234.5, 0.1, "test"});
  const std::string line = gradus::to_string(history.back()), csv = history.to_csv();
  const gradus::test::CommaLocale comma;
  CHECK(gradus::to_string(history.back()) == line);
  CHECK(line == "epoch 12345, train loss 1.046, train acc 0.634, test acc 0.717");
  CHECK(history.to_csv() == csv);
  CHECK(csv.ends_with("\n12345,1.0458,0.634,1234.5,0.7165,1234.500000,0.1\n"));
}

TEST_CASE("History: JSON lines have the columns of the CSV, and null for unknown values") {
  gradus::History history;
  gradus::EpochRecord record;
  record.epoch = 1;
  record.train.loss = 0.5;
  record.train.accuracy = std::numeric_limits<double>::quiet_NaN();
  record.train.named.push_back({"m\"a\ne", 1e-7});
  record.seconds = 2;
  record.learning_rate = std::numeric_limits<double>::infinity();
  history.push_back(record);
  CHECK(history.to_json_lines() ==
        "{\"epoch\": 1, \"train_loss\": 0.5, \"train_acc\": null, \"validation_loss\": null, "
        "\"validation_acc\": null, \"seconds\": 2.000000, \"learning_rate\": null, "
        "\"train_m\\\"a\\\\ne\": 1e-07, \"validation_m\\\"a\\\\ne\": null}\n");
  CHECK(gradus::History().to_json_lines().empty());
}
