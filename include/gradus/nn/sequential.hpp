// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
#include <gradus/core/index.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/process_group.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shape.hpp>
#include <gradus/core/shared_pool.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/core/tensor_view.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/call.hpp>
#include <gradus/nn/chain.hpp>
#include <gradus/nn/context.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/module_list.hpp>
#include <gradus/nn/nesting.hpp>
#include <gradus/nn/sample.hpp>
#include <gradus/nn/workspace.hpp>
#include <gradus/ops/check.hpp>

namespace gradus::nn {

/// A chain of modules. It is itself a module, so sequences can be nested, up to max_nesting deep.
///
/// Children are values: a copy is an independent network with the same parameters. The network owns the
/// memory of one training pass, that is, `forward` followed by `backward`. `predict` is const and may be
/// called by many threads at the same time, but not during a forward, a backward, an optimiser step or any
/// other change to the parameters. `set_threads` may be called at any time.
template <class Scalar = float>
class Sequential : public ModuleList<Scalar> {
  // Not a template constraint, because clang 14 would then prefer the constructors to the deduction guides.
  static_assert(FloatOrDouble<Scalar>, "Sequential: the scalar type must be float or double (FloatOrDouble)");

 public:
  /// The scalar type.
  using scalar_type = Scalar;
  /// A writable view of a tensor.
  using View = TensorView<Scalar>;
  /// A read-only view of a tensor.
  using ConstView = TensorView<const Scalar>;
  /// Called with a child's number, its input and its output.
  using ForwardHook = typename detail::Hooks<Scalar>::Forward;
  /// Called with a child's number and the gradients of the loss with respect to its output and its input. The
  /// latter is null if it is not needed.
  using BackwardHook = typename detail::Hooks<Scalar>::Backward;

  Sequential() = default;
  /// Creates a network of one module.
  template <class M>
  requires(!std::same_as<M, Sequential>) && ModuleFor<M, Scalar> Sequential(M module) {
    push_back(std::move(module));
  }
  /// Creates a network of several modules, from first to last.
  template <class... Modules>
  requires(sizeof...(Modules) > 1) Sequential(Modules... modules) {
    children_.reserve(sizeof...(modules));
    (push_back(std::move(modules)), ...);
  }
  /// Creates a network of named modules: `Sequential{{"fc1", Linear{784, 256}}, {"relu", ReLU{}}}`. Throws
  /// ArgumentError if a name has a dot or occurs twice.
  Sequential(std::initializer_list<NamedModule<Scalar>> modules);
  /// Copies the children and their parameters.
  Sequential(const Sequential&) = default;
  /// Moves the children.
  Sequential(Sequential&&) noexcept = default;
  /// Copies the children and their parameters. Changes nothing if memory runs out.
  Sequential& operator=(const Sequential& other) { return *this = Sequential(other); }
  /// Moves the children.
  Sequential& operator=(Sequential&&) noexcept = default;
  ~Sequential() = default;

  /// Appends a module. Throws ArgumentError if the nesting would exceed max_nesting.
  template <class M>
  void push_back(M module) {
    detail::check_module<M, Scalar>();
    append(AnyModule<Scalar>(std::move(module)));
  }
  /// Appends a named module, whose parameters are then named `fc1.weight`, as for a class in PyTorch. Throws
  /// ArgumentError if the name has a dot or belongs to another child.
  template <class M>
  void add(std::string name, M module) {
    detail::check_module<M, Scalar>();
    append(AnyModule<Scalar>(std::move(module)), std::move(name));
  }
  /// Turns training mode on or off. It is on at first: forward applies dropout and uses batch statistics.
  /// predict never does.
  void train(bool on = true) { training_ = on; }
  /// Leaves training mode.
  void eval() { train(false); }
  /// Returns whether the network is in training mode.
  bool is_training() const { return training_; }
  /// Returns the generator that dropout uses if forward is called without one.
  Generator& random() & { return random_; }
  /// Sets the number of threads that share the work of a pass, initially 1; results are bitwise identical.
  /// Copies of the network share the threads, and a pass that finds them busy runs on the calling thread.
  ///
  /// May be called in a hook and while other threads predict: a pass keeps the threads that it began with.
  /// After `fork`, the child process runs on one thread until it calls this. Throws ArgumentError, and keeps
  /// the previous threads, if `threads` is outside [1, ThreadPool::max_threads] or the system cannot start
  /// that many.
  void set_threads(Index threads) { pool_.set(std::make_shared<ThreadPool>(threads)); }
  /// Sets the thread pool, which may be shared with other networks or use threads of the host program; null
  /// means one thread.
  void set_thread_pool(std::shared_ptr<ThreadPool> pool) { pool_.set(std::move(pool)); }
  /// Returns the thread pool, to share it with a loader and an optimiser; null unless one was set. Hold the
  /// pointer as long as the pool is in use.
  std::shared_ptr<ThreadPool> thread_pool() const { return pool_.get(); }
  /// Returns the options for a pass through this network in its current mode.
  PassOptions pass_options() { return with_workers({.training = training_, .random = &random_}); }
  /// Returns the options for a pass through a const network, which is never a training pass.
  PassOptions pass_options() const { return with_workers({}); }

  /// Records a pass through the network on the tape: `Variable y = net(x)`. Requires autograd/module.hpp; see
  /// `apply` there.
  template <class X>
  auto operator()(X&& x) & {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  /// Overload for a const network.
  template <class X>
  auto operator()(X&& x) const& {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  template <class X>
  void operator()(X&& x) const&& = delete;  // the graph would refer to a destroyed network

  /// Runs a pass in the current mode and keeps what backward needs: `[N, ...] -> [N, ...]`. x must live until
  /// then; a temporary tensor is stored. The result is valid until the next forward. Throws a ShapeError that
  /// names the layer.
  const Tensor<Scalar>& forward(ConstView x) & { return forward(x, random_); }
  /// Does the same, drawing dropout masks from `random`.
  const Tensor<Scalar>& forward(ConstView x, Generator& random) & { return forward(x, random, {}); }
  /// Does the same for some rows of a batch that several processes share: each calls this at the same time.
  const Tensor<Scalar>& forward(ConstView x, Generator& random, const SharedBatch& shared) &;
  /// Stores a temporary input for backward.
  const Tensor<Scalar>& forward(Tensor<Scalar>&& x) & { return forward(std::move(x), random_); }
  /// Stores a temporary input, and draws dropout masks from `random`.
  const Tensor<Scalar>& forward(Tensor<Scalar>&& x, Generator& random) & {
    workspace_.value.input.reset();
    workspace_.value.kept_input = std::move(x);
    return forward(ConstView(workspace_.value.kept_input), random);
  }
  /// Resolves the ambiguity for a writable view, which converts to both ConstView and Tensor.
  template <std::same_as<View> V>
  const Tensor<Scalar>& forward(V x) & {
    return forward(ConstView(x));
  }
  /// Draws dropout masks from `random`.
  template <std::same_as<View> V>
  const Tensor<Scalar>& forward(V x, Generator& random) & {
    return forward(ConstView(x), random);
  }
  /// Moves the result out of a temporary network.
  template <class... Args>
  requires(sizeof...(Args) == 1 || sizeof...(Args) == 2) Tensor<Scalar> forward(Args&&... args) && {
    Sequential& network = *this;
    network.forward(std::forward<Args>(args)...);
    return std::move(workspace_.value.output);
  }

  /// Backpropagates dy, the gradient of the loss with respect to the result of the last forward: adds to the
  /// gradient of every parameter that is not frozen and, unless dx is null, writes the input gradient. Throws
  /// ShapeError, or StateError unless the last forward succeeded.
  void backward(ConstView dy, View dx = {});
  /// Returns the output of child i in the last forward, valid until the next one. Throws IndexError, or
  /// StateError unless the last forward succeeded.
  ConstView output(Index i) & {
    TrainingWorkspace<Scalar>& workspace = passed("output");
    Children::check(i);
    return chain(workspace.context).output(i, *workspace.input, workspace.output);
  }
  void output(Index i) && = delete;

  /// Returns the output with dropout off: `[N, ...] -> [N, ...]`. Throws a ShapeError that names the layer.
  Tensor<Scalar> predict(ConstView x) const {
    Workspace<Scalar> workspace;
    const std::shared_ptr<ThreadPool> pool = begin_prediction(workspace);
    run(x, workspace);
    return std::move(workspace.output);
  }
  /// Returns the output in the caller's workspace. Allocates nothing once the workspace has grown.
  const Tensor<Scalar>& predict(ConstView x, Workspace<Scalar>& workspace) const;

  /// Adds a hook that is called for each child in every forward pass. It must be thread-safe if many threads
  /// call predict. A hook may call set_threads, train and eval, but must not change the network otherwise.
  void on_forward(ForwardHook hook) { hooks_.forward.push_back(std::move(hook)); }
  /// Adds a hook that is called for each child in every backward pass.
  void on_backward(BackwardHook hook) { hooks_.backward.push_back(std::move(hook)); }
  /// Removes all hooks.
  void clear_hooks() { hooks_ = {}; }

  // The module interface, which keeps no per-pass state in the network: all of it is in the context.

  /// Returns the output shape for an input of shape x. Throws a ShapeError that names the layer.
  Shape output_shape(const Shape& x) const {
    Shape shape = x;
    for (Index i = 0; i < this->size(); ++i) shape = detail::child_output_shape((*this)[i], i, shape);
    return shape;
  }
  /// Writes the output.
  void forward(const ConstView& x, const View& y, Context& context) const {
    const ConstChain chain = this->chain(context);
    chain.plan(x.shape());
    chain.run(x, y);
  }
  /// Writes the gradient with respect to the input.
  void backward(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx,
                Context& context) const {
    chain(context).backward(x, y, dy, dx);
  }
  /// Adds to the gradient of every parameter that is not frozen and, unless dx is null, writes the input
  /// gradient.
  void accumulate(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx,
                  Context& context) {
    chain(context).accumulate(x, y, dy, dx);
  }
  /// Updates the children after a training forward.
  void update(Context& context) { chain(context).update(); }

 private:
  using Children = ModuleList<Scalar>;
  using Children::children_;
  using MutableChain = detail::Chain<AnyModule<Scalar>>;
  using ConstChain = detail::Chain<const AnyModule<Scalar>>;
  friend detail::ContextPool* detail::context_pool<Scalar>(Sequential& network);

  void append(AnyModule<Scalar> child, std::string name = {});

  MutableChain chain(Context& context) { return {children_, hooks_, context}; }
  ConstChain chain(Context& context) const { return {children_, hooks_, context}; }

  /// Returns the threads of the pass, which must live until it ends.
  std::shared_ptr<ThreadPool> begin_prediction(Workspace<Scalar>& workspace) const {
    std::shared_ptr<ThreadPool> pool = pool_.workers();
    workspace.context.begin({.parallel = Parallel(pool.get())});
    return pool;
  }

  void run(const ConstView& x, Workspace<Scalar>& workspace) const {
    const ConstChain chain = this->chain(workspace.context);
    workspace.output.resize(chain.plan(x.shape()));
    chain.run(x, workspace.output);
  }

  /// Returns the memory of the last forward. Throws StateError unless it succeeded.
  TrainingWorkspace<Scalar>& passed(const char* function) {
    if (workspace_.value.input) return workspace_.value;
    throw StateError(std::string("Sequential: ") + function + " called without a successful forward");
  }

  PassOptions with_workers(PassOptions options) const {
    options.pool = pool_.workers();
    options.parallel = Parallel(options.pool.get());
    return options;
  }

  /// Returns whether a pass would overwrite its own input.
  static bool lies_in(ConstView x, const Tensor<Scalar>& output) {
    return !x.empty() && !std::less<>()(x.data(), output.begin()) && std::less<>()(x.data(), output.end());
  }

  bool training_ = true;
  Generator random_{};
  gradus::detail::SharedPool pool_;
  detail::Hooks<Scalar> hooks_;
  detail::FreshWhenCopied<TrainingWorkspace<Scalar>> workspace_;
  detail::FreshWhenCopied<detail::ContextPool> context_pool_;
};

// Defined outside the class so that they are not inline: gradus/compiled.hpp declares them `extern`.

template <class Scalar>
Sequential<Scalar>::Sequential(std::initializer_list<NamedModule<Scalar>> modules) {
  children_.reserve(modules.size());
  for (const NamedModule<Scalar>& each : modules) append(each.module, each.name);
}

template <class Scalar>
void Sequential<Scalar>::append(AnyModule<Scalar> child, std::string name) {
  Children::append(std::move(child), std::move(name));
  workspace_ = {};
}

template <class Scalar>
const Tensor<Scalar>& Sequential<Scalar>::forward(ConstView x, Generator& random,
                                                  const SharedBatch& shared) & {
  TrainingWorkspace<Scalar>& workspace = workspace_.value;
  workspace.input.reset();
  if (lies_in(x, workspace.output)) {
    workspace.kept_input = Tensor<Scalar>(x);
    x = workspace.kept_input;
  }
  const std::shared_ptr<ThreadPool> pool = pool_.workers();
  workspace.context.begin({training_, &random, Parallel(pool.get()), nullptr, shared});
  run(x, workspace);
  if (workspace.context.training()) update(workspace.context);
  workspace.input = x;
  return workspace.output;
}

template <class Scalar>
void Sequential<Scalar>::backward(ConstView dy, View dx) {
  TrainingWorkspace<Scalar>& workspace = passed("backward");
  ops::check_shape("Sequential: backward", "output gradient", dy.shape(), workspace.output.shape());
  if (!dx.is_null())
    ops::check_shape("Sequential: backward", "input gradient", dx.shape(), workspace.input->shape());
  const std::shared_ptr<ThreadPool> pool = pool_.workers();
  workspace.context.set_parallel(Parallel(pool.get()));
  accumulate(*workspace.input, workspace.output, dy, dx, workspace.context);
}

template <class Scalar>
const Tensor<Scalar>& Sequential<Scalar>::predict(ConstView x, Workspace<Scalar>& workspace) const {
  if (lies_in(x, workspace.output)) return predict(Tensor<Scalar>(x), workspace);
  const std::shared_ptr<ThreadPool> pool = begin_prediction(workspace);
  const bool is_sample = x.rank() == 2 && x.shape()[0] == 1 && hooks_.forward.empty();
  if (is_sample && detail::predict_sample<AnyModule<Scalar>, Scalar>(children_, {x.data(), to_size(x.size())},
                                                                     workspace.output, workspace.context))
    return workspace.output;
  run(x, workspace);
  if (is_sample) detail::reserve_sample<Scalar>(workspace.context);
  return workspace.output;
}

namespace detail {

template <class Scalar>
ContextPool* context_pool(Sequential<Scalar>& network) {
  return &network.context_pool_.value;
}

}  // namespace detail

/// Deduces the scalar type from the modules with parameters, which must agree. `Tanh{}` fits any. A nested
/// sequence has its own scalar type even without parameters: `Sequential<double>{Tanh{}, ReLU{}}`.
template <class M>
Sequential(M) -> Sequential<detail::scalar_of<M>>;
/// Deduces the scalar type from several modules.
template <class... Modules>
Sequential(Modules...) -> Sequential<detail::scalar_of<Modules...>>;
/// Deduces float for named modules, unless one of them is for double.
Sequential(std::initializer_list<NamedModule<float>>)->Sequential<float>;
/// Deduces double for named modules. It is a template, so that the guide above is preferred if the modules
/// fit both scalar types.
template <class Scalar = double>
requires std::same_as<Scalar, double> Sequential(std::initializer_list<NamedModule<Scalar>>)
->Sequential<Scalar>;

}  // namespace gradus::nn
