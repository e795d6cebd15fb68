// SPDX-License-Identifier: MIT

#include <cstdlib>

#include <gradus/gradus.hpp>

// The system headers for files and memory must not leak. libstdc++ itself includes <unistd.h>.
#if defined(O_CREAT) || defined(S_ISREG) || defined(LOCK_EX) || defined(MAP_SHARED)
#error "gradus.hpp includes <fcntl.h>, <sys/stat.h>, <sys/file.h> or <sys/mman.h>"
#endif

static_assert(GRADUS_VERSION_MAJOR == gradus::version_major);

int main() {
  gradus::Generator random(0);
  const gradus::nn::Sequential net{gradus::nn::Linear{2, 3, random}, gradus::nn::ReLU{}};
  const gradus::Tensor<float> y = net.predict(gradus::Tensor<float>{{1, 2}, {3, 4}});
  return y.shape() == gradus::Shape{2, 3} ? EXIT_SUCCESS : EXIT_FAILURE;
}
