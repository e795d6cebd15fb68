#include <cstdlib>

#include <gradus/gradus.hpp>

static_assert(GRADUS_VERSION_MAJOR == gradus::version_major);

int main() {
  gradus::Generator random(0);
  const gradus::nn::Sequential net{gradus::nn::Linear{2, 3, random}, gradus::nn::ReLU{}};
  const gradus::Tensor<float> y = net.predict(gradus::Tensor<float>{{1, 2}, {3, 4}});
  return y.shape() == gradus::Shape{2, 3} ? EXIT_SUCCESS : EXIT_FAILURE;
}
