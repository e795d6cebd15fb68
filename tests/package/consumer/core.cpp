#include <cstdlib>

#include <gradus/core/tensor.hpp>
#include <gradus/version.hpp>

static_assert(GRADUS_VERSION_MAJOR == gradus::version_major);

int main() {
  const gradus::Tensor<float> x{{1, 2}, {3, 4}};
  return x.shape() == gradus::Shape{2, 2} ? EXIT_SUCCESS : EXIT_FAILURE;
}
