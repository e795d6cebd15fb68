// SPDX-License-Identifier: MIT

// Calls predictors where RealtimeSanitizer allows no allocations, locks or system calls. With an argument it
// also allocates there, to show that this is detected.

#include <cstdio>
#include <span>
#include <vector>

#include <gradus/core/random.hpp>
#include <gradus/nn.hpp>

namespace {

using namespace gradus;
using namespace gradus::nn;
using Static = StaticPredictor<4, 32, Activation::tanh, 2>;

bool call(const Predictor<float>& predict, std::span<const float> x, std::span<float> y)
    [[clang::nonblocking]] {
  return predict(x, y);
}
bool call(const Static& predict, std::span<const float> x, std::span<float> y) [[clang::nonblocking]] {
  return predict(x, y);
}
bool allocate(std::span<float> y) [[clang::nonblocking]] {
  std::vector<float> memory(y.size() + 100);
  y[0] = memory[3];
  return true;
}

}  // namespace

int main(int argc, char**) {
  Generator random(0);
  std::vector<float> x{1, 2, 3, 4}, y(2);
  const auto run = [&](auto activation) {
    const Sequential<float> net{Linear<float>{4, 600, random}, activation, Linear<float>{600, 2, random}};
    const Predictor<float> predict(net);  // needs the larger of the two stack buffers
    if (!call(predict, x, y)) throw StateError("a call was refused");
  };
  run(ReLU<float>{});
  run(Sigmoid<float>{});
  run(Tanh<float>{});
  run(ELU<float>{});
  run(LeakyReLU<float>{});
  run(SiLU<float>{});
  run(GELU<float>{});
  run(GELU<float>{GELUForm::tanh});
  run(Softplus<float>{});
  run(Softmax<float>{});
  run(Clip<float>{-1, 1});
  const Static predict(
      Sequential<float>{Linear<float>{4, 32, random}, Tanh<float>{}, Linear<float>{32, 2, random}});
  if (!call(predict, x, y)) throw StateError("a call was refused");
  std::puts("predictors do nothing that blocks");
  if (argc > 1) allocate(y);
}
