// SPDX-License-Identifier: MIT

#include <gradus/nn.hpp>

struct Half {
  gradus::Shape output_shape(const gradus::Shape& x) const { return x; }
  void forward(gradus::TensorView<const float> x, gradus::TensorView<float> y, gradus::nn::Context&) const {
    y.array() = x.array() / 2;
  }
};

int main() {
  gradus::nn::Sequential<float> net{gradus::nn::ReLU{}};
  // expect: not a module
  net.push_back(Half{});
}
