// SPDX-License-Identifier: MIT
// Measures training and prediction with the chapter's network, 784-256-10, in libtorch's C++ interface:
// the counterpart of torch_mlp.py without Python. report.py --libtorch runs it. Prints one line of JSON per
// measurement.
//
// usage: OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 libtorch_mlp THREADS REPETITIONS [--quick]
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>
#include <torch/torch.h>
#include <vector>

namespace {

torch::nn::Sequential network() {
  torch::nn::Sequential net(torch::nn::Linear(784, 256), torch::nn::ReLU(), torch::nn::Linear(256, 10));
  for (auto& parameter : net->named_parameters()) {
    if (parameter.key().find("weight") != std::string::npos)
      torch::nn::init::normal_(parameter.value(), 0, 0.01);
    else
      torch::nn::init::zeros_(parameter.value());
  }
  return net;
}

torch::Tensor noise(std::int64_t count) {
  return torch::randint(0, 256, {count, 784}, torch::kUInt8).to(torch::kFloat) / 255;
}

/// Trains for an epoch, at most `steps` steps, with the loss and the accuracy that a program would print.
double train(torch::nn::Sequential& net, torch::optim::SGD& optimizer, const torch::Tensor& x,
             const torch::Tensor& y, std::int64_t batch, std::int64_t steps) {
  double total = 0;
  std::int64_t correct = 0;
  const torch::Tensor order = torch::randperm(x.size(0));
  const std::int64_t end = std::min(x.size(0), batch * steps);
  for (std::int64_t i = 0; i < end; i += batch) {
    const torch::Tensor rows = order.slice(0, i, std::min(i + batch, end));
    const torch::Tensor xb = x.index_select(0, rows), yb = y.index_select(0, rows);
    optimizer.zero_grad();
    const torch::Tensor out = net->forward(xb);
    const torch::Tensor loss = torch::nn::functional::cross_entropy(out, yb);
    loss.backward();
    optimizer.step();
    total += loss.item<double>() * static_cast<double>(yb.size(0));
    correct += out.argmax(1).eq(yb).sum().item<std::int64_t>();
  }
  return total + static_cast<double>(correct);
}

struct Times {
  std::vector<double> wall, processor;
};

template <class F>
Times timed(int repetitions, F f) {
  Times times;
  for (int i = 0; i < repetitions; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t processor = std::clock();
    f();
    times.wall.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
    times.processor.push_back(static_cast<double>(std::clock() - processor) / CLOCKS_PER_SEC);
  }
  return times;
}

std::string list(const std::vector<double>& values) {
  std::string text = "[";
  for (const double value : values) text += (text.size() > 1 ? ", " : "") + std::to_string(value);
  return text + "]";
}

void measure_training(int threads, int repetitions, bool quick) {
  const std::int64_t count = quick ? 12000 : 60000;
  const torch::Tensor x = noise(count), y = torch::randint(0, 10, {count}, torch::kLong);
  const std::int64_t settings[3][2] = {
      {256, quick ? 40 : 235}, {16, quick ? 200 : 1000}, {1, quick ? 200 : 1000}};
  for (const auto& [batch, steps] : settings) {
    torch::nn::Sequential net = network();
    torch::optim::SGD optimizer(net->parameters(), 0.1);
    train(net, optimizer, x, y, batch, 20);  // the first steps allocate
    const Times times =
        timed(repetitions, [&, batch = batch, steps = steps] { train(net, optimizer, x, y, batch, steps); });
    std::printf(
        "{\"name\": \"libtorch_train\", \"threads\": %d, \"batch\": %lld, \"samples\": %lld, \"seconds\": "
        "%s, "
        "\"processor_seconds\": %s}\n",
        threads, static_cast<long long>(batch), static_cast<long long>(std::min(count, batch * steps)),
        list(times.wall).c_str(), list(times.processor).c_str());
  }
}

void measure_prediction(int threads, int repetitions) {
  const torch::NoGradGuard no_gradients;
  torch::nn::Sequential net = network();
  const torch::Tensor one = noise(1);
  for (int i = 0; i < 100; ++i) net->forward(one);
  std::vector<double> times = timed(1000 * repetitions, [&] { net->forward(one); }).wall;
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  std::printf("{\"name\": \"libtorch_predict_one\", \"threads\": %d, \"microseconds\": %f}\n", threads,
              times[times.size() / 2] * 1e6);
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1, repetitions = argc > 2 ? std::atoi(argv[2]) : 3;
  const bool quick = argc > 3 && std::strcmp(argv[3], "--quick") == 0;
  torch::set_num_threads(threads);
  torch::manual_seed(0);
  const char* core_type = std::getenv("OPENBLAS_CORETYPE");
  std::printf("{\"name\": \"libtorch\", \"threads\": %d, \"version\": \"%s\", \"core_type\": \"%s\"}\n",
              threads, TORCH_VERSION, core_type != nullptr ? core_type : "default");
  measure_training(threads, repetitions, quick);
  measure_prediction(threads, repetitions);
}
