// SPDX-License-Identifier: MIT

#include <doctest/doctest.h>

#include <gradus/core/shape.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/batch_norm.hpp>
#include <gradus/nn/sequential.hpp>
#include <gradus/train/buffer_backup.hpp>

using gradus::Tensor;
namespace nn = gradus::nn;

TEST_CASE("BufferBackup: restores buffers and counters in the same memory") {
  nn::Sequential<float> net{nn::BatchNorm1d{3}};
  auto& norm = net[0].as<nn::BatchNorm1d>();
  gradus::detail::BufferBackup<float> backup;
  backup.watch(net);
  backup.take();
  const float* const memory = norm.running_mean.data();
  norm.running_mean.fill(5);
  norm.running_variance.fill(6);
  norm.num_batches_tracked = 7;
  backup.restore();
  CHECK(norm.running_mean == Tensor<float>(gradus::Shape{3}));
  CHECK(norm.running_variance == Tensor<float>::ones({3}));
  CHECK(norm.num_batches_tracked == 0);
  CHECK(norm.running_mean.data() == memory);
  norm.num_batches_tracked = 8;
  backup.take();
  norm.num_batches_tracked = 9;
  backup.restore();
  CHECK(norm.num_batches_tracked == 8);
}
