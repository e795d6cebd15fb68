// SPDX-License-Identifier: MIT

#include <vector>

#include <doctest/doctest.h>

#include <gradus/core/random.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/data/batch_source.hpp>
#include <gradus/data/loader.hpp>

namespace {

using gradus::BatchSource;
using gradus::Generator;
using gradus::Index;

struct Batch {
  gradus::Tensor<float> x;
  std::vector<Index> labels;
  Index size() const { return x.shape()[0]; }
};

struct Batches {
  std::vector<Batch> list;
  std::size_t size() const { return list.size(); }
  std::vector<Batch>& training_epoch(Generator&) { return list; }
  std::vector<Batch>& evaluation_epoch() { return list; }
};

struct WithoutEvaluation {
  std::vector<Batch> list;
  std::size_t size() const { return list.size(); }
  std::vector<Batch>& training_epoch(Generator&) { return list; }
};

}  // namespace

TEST_CASE("BatchSource: a loader and a class with the three functions are sources") {
  CHECK(BatchSource<gradus::Loader<float>>);
  CHECK(BatchSource<Batches>);
  CHECK_FALSE(BatchSource<WithoutEvaluation>);
  CHECK_FALSE(BatchSource<std::vector<Batch>>);
}
