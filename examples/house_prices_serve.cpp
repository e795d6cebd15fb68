// SPDX-License-Identifier: MIT

/// Serves the network saved by house_prices from several threads. It needs only the model file and the table,
/// not the code that built the network.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>

#include <gradus/core/error.hpp>
#include <gradus/core/format.hpp>
#include <gradus/data/read_csv.hpp>
#include <gradus/io/load_network.hpp>
#include <gradus/io/safetensors_reader.hpp>
#include <gradus/nn.hpp>

#include "support/houses.hpp"
#include "support/program.hpp"

namespace nn = gradus::nn;
using gradus::Index;

struct Options {
  std::string model = "houses.safetensors";
  std::string table = "houses.csv";
  Index threads = 4;
  Index requests = 100'000;
};

void add_options(CLI::App& app, Options& options) {
  app.add_option("--model", options.model, "Network saved by house_prices")->type_name("FILE");
  app.add_option("--table", options.table, "Houses whose prices are requested")->type_name("FILE.csv");
  app.add_option("--threads", options.threads, "Threads that answer requests")
      ->check(support::from_one_to(1024));
  app.add_option("--requests", options.requests, "Requests per thread, one house each")
      ->check(support::from_one_to(1'000'000'000));
}

void serve(const Options& options) {
  const nn::Sequential<float> net = gradus::load_network(options.model);
  const gradus::SafetensorsReader file(options.model);
  const auto cities = file.metadata().find("cities");
  if (cities == file.metadata().end()) throw gradus::FileError(options.model + ": the file has no cities");
  // Encodes cities as in training, whatever cities this table contains.
  gradus::CsvOptions columns = support::house_columns();
  columns.categories["city"] = support::lines(cities->second);
  const auto houses = gradus::read_csv(options.table, columns);
  const gradus::Tensor<float> expected = net.predict(houses.inputs);
  for (Index i = 0; i < std::min<Index>(3, houses.size()); ++i) {
    std::printf("house %lld: predicted %s, true %s\n", static_cast<long long>(i + 1),
                gradus::format_fixed(expected(i, 0), 0).c_str(),
                gradus::format_fixed(houses.labels(i, 0), 0).c_str());
  }

  std::atomic<Index> wrong{0};
  const auto began = std::chrono::steady_clock::now();
  {
    std::vector<std::jthread> threads;
    for (Index thread = 0; thread < options.threads; ++thread) {
      threads.emplace_back([&, thread] {
        nn::Workspace<float> workspace;  // one per thread
        for (Index request = 0; request < options.requests; ++request) {
          const Index house = (thread * 7919 + request) % houses.size();
          const float price = net.predict(houses.inputs.slice(house, house + 1), workspace)(0, 0);
          const float difference = std::abs(price - expected(house, 0));
          if (!(difference <= 1e-4f * std::abs(expected(house, 0)))) wrong.fetch_add(1);
        }
      });
    }
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  const double all = static_cast<double>(options.threads) * static_cast<double>(options.requests);
  std::printf("%s answers from %lld threads, %s thousand per second\n", gradus::format_fixed(all, 0).c_str(),
              static_cast<long long>(options.threads), gradus::format_fixed(all / seconds / 1000, 0).c_str());
  if (wrong.load() > 0) throw gradus::StateError(std::to_string(wrong.load()) + " answers were wrong");
}

int main(int argc, char** argv) {
  CLI::App app("Answers requests for house prices from several threads.");
  app.option_defaults()->always_capture_default();
  Options options;
  add_options(app, options);
  return support::run(app, argc, argv, [&] { serve(options); });
}
