// SPDX-License-Identifier: MIT

#pragma once

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <utility>
#include <vector>

namespace bench {

/// The reference for comparisons: the chapter's network in plain Eigen, unfused, with the data set in memory
/// as float and one sample per column.
class EigenMlp {
 public:
  using Matrix = Eigen::MatrixXf;
  using Vector = Eigen::VectorXf;

  EigenMlp(Matrix hidden_weight, Matrix output_weight)
      : w1_(std::move(hidden_weight)),
        w2_(std::move(output_weight)),
        b1_(Vector::Zero(w1_.rows())),
        b2_(Vector::Zero(w2_.rows())) {}

  /// Trains on x `[in, N]` in the given order, for at most `steps` batches; returns the mean loss.
  double train_epoch(const Matrix& x, const std::vector<Eigen::Index>& labels,
                     const std::vector<Eigen::Index>& order, Eigen::Index batch_size, Eigen::Index steps,
                     float rate) {
    double loss = 0;
    Eigen::Index seen = 0;
    for (Eigen::Index step = 0; step < steps && seen < x.cols(); ++step) {
      const Eigen::Index count = std::min(batch_size, x.cols() - seen);
      batch_.resize(x.rows(), count);
      batch_labels_.resize(static_cast<std::size_t>(count));
      for (Eigen::Index i = 0; i < count; ++i) {
        const Eigen::Index row = order[static_cast<std::size_t>(seen + i)];
        batch_.col(i) = x.col(row);
        batch_labels_[static_cast<std::size_t>(i)] = labels[static_cast<std::size_t>(row)];
      }
      loss += train_step(rate) * static_cast<double>(count);
      seen += count;
    }
    return loss / static_cast<double>(seen);
  }
  Eigen::Index correct() const { return correct_; }

 private:
  double train_step(float rate) {
    const Eigen::Index count = batch_.cols();
    h_.noalias() = w1_ * batch_;
    h_.colwise() += b1_;
    h_ = h_.cwiseMax(0.0f);
    p_.noalias() = w2_ * h_;
    p_.colwise() += b2_;

    double loss = 0;
    for (Eigen::Index i = 0; i < count; ++i) {
      const Eigen::Index label = batch_labels_[static_cast<std::size_t>(i)];
      auto column = p_.col(i);
      Eigen::Index predicted = 0;
      const float highest = column.maxCoeff(&predicted), of_label = column(label);
      correct_ += predicted == label ? 1 : 0;
      column = (column.array() - highest).exp();
      const float sum = column.sum();
      column /= sum;
      column(label) -= 1;
      loss += static_cast<double>(std::log(sum) + highest - of_label);
    }
    p_ /= static_cast<float>(count);

    dw2_.noalias() = p_ * h_.transpose();
    db2_ = p_.rowwise().sum();
    dh_.noalias() = w2_.transpose() * p_;
    dh_ = (h_.array() > 0).select(dh_, 0.0f);
    dw1_.noalias() = dh_ * batch_.transpose();
    db1_ = dh_.rowwise().sum();
    w1_ -= rate * dw1_;
    b1_ -= rate * db1_;
    w2_ -= rate * dw2_;
    b2_ -= rate * db2_;
    return loss / static_cast<double>(count);
  }

  Matrix w1_, w2_, dw1_, dw2_, batch_, h_, p_, dh_;
  Vector b1_, b2_, db1_, db2_;
  std::vector<Eigen::Index> batch_labels_;
  Eigen::Index correct_ = 0;
};

}  // namespace bench
