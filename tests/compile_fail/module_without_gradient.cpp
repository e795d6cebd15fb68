// SPDX-License-Identifier: MIT

#include <gradus/nn.hpp>

struct Scale {
  gradus::nn::Parameter<float> factor{gradus::Tensor<float>{1}};

  gradus::Shape output_shape(const gradus::Shape& x) const { return x; }
  void forward(gradus::TensorView<const float> x, gradus::TensorView<float> y, gradus::nn::Context&) const {
    y.array() = factor.value(0) * x.array();
  }
  void backward(gradus::TensorView<const float>, gradus::TensorView<const float>,
                gradus::TensorView<const float> dy, gradus::TensorView<float> dx,
                gradus::nn::Context&) const {
    dx.array() = factor.value(0) * dy.array();
  }
  template <class F>
  void visit(F&& f) {
    f("factor", factor);
  }
};

int main() {
  gradus::nn::Sequential<float> net{gradus::nn::ReLU{}};
  // expect: needs void gradient
  net.push_back(Scale{});
}
