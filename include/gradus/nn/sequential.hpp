// SPDX-License-Identifier: MIT

#pragma once

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include <gradus/core/error.hpp>
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
#include <gradus/nn/workspace.hpp>
#include <gradus/ops/check.hpp>

namespace gradus::nn {

/// A chain of modules. It is a module itself, so sequences can be nested, up to max_nesting deep.
///
/// Children are values: a copy is an independent network with the same parameters. The network owns the
/// memory of one training pass, that is, `forward` followed by `backward`. `predict` is const, and many
/// threads may call it at the same time, but not during a forward, a backward, an optimiser step or any other
/// change of the parameters. `set_threads` may run at any time.
template <class Scalar = float>
class Sequential : public ModuleList<Scalar> {
  // Not a constraint of the template: clang 14 would then prefer the constructors to the deduction guides.
  static_assert(FloatOrDouble<Scalar>, "Sequential: the scalar is float or double (FloatOrDouble)");

 public:
  /// The type of the numbers.
  using scalar_type = Scalar;
  /// A tensor that may be written.
  using View = TensorView<Scalar>;
  /// A tensor that is only read.
  using ConstView = TensorView<const Scalar>;
  /// Called with a child's number, its input and its output.
  using ForwardHook = typename detail::Hooks<Scalar>::Forward;
  /// Called with a child's number and the gradients of the loss with respect to its output and its input. The
  /// latter is null if it is not needed.
  using BackwardHook = typename detail::Hooks<Scalar>::Backward;

  Sequential() = default;
  /// Makes a network of one module.
  template <class M>
  requires(!std::same_as<M, Sequential>) && ModuleFor<M, Scalar> Sequential(M module) {
    push_back(std::move(module));
  }
  /// Makes a network of several modules, first to last.
  template <class... Modules>
  requires(sizeof...(Modules) > 1) Sequential(Modules... modules) {
    children_.reserve(sizeof...(modules));
    (push_back(std::move(modules)), ...);
  }
  /// Makes a network of named modules: `Sequential{{"fc1", Linear{784, 256}}, {"relu", ReLU{}}}`. Throws
  /// ArgumentError for a name with a dot and for two equal names.
  Sequential(std::initializer_list<NamedModule<Scalar>> modules);
  /// Copies the children and their parameters.
  Sequential(const Sequential&) = default;
  /// Takes the children over.
  Sequential(Sequential&&) noexcept = default;
  /// All or nothing, if memory runs out.
  Sequential& operator=(const Sequential& other) { return *this = Sequential(other); }
  /// Takes the children over.
  Sequential& operator=(Sequential&&) noexcept = default;
  ~Sequential() = default;

  /// Throws ArgumentError if sequences would be nested more than max_nesting deep.
  template <class M>
  void push_back(M module) {
    detail::check_module<M, Scalar>();
    append(AnyModule<Scalar>(std::move(module)));
  }
  /// Adds a module with a name, under which its parameters appear: `fc1.weight`, as those of a class in
  /// PyTorch. Throws ArgumentError for a name that has a dot or belongs to another child.
  template <class M>
  void add(std::string name, M module) {
    detail::check_module<M, Scalar>();
    append(AnyModule<Scalar>(std::move(module)), std::move(name));
  }
  /// In training mode, which a new network is in, forward drops out and looks at the batch; predict never
  /// does.
  void train(bool on = true) { training_ = on; }
  /// Leaves training mode.
  void eval() { train(false); }
  /// Returns whether the network is in training mode.
  bool is_training() const { return training_; }
  /// The generator that dropout uses if forward is called without one.
  Generator& random() & { return random_; }
  /// How many threads share the work of a pass, 1 at first; results are the same bit for bit. Copies of the
  /// network share the threads, and a pass that finds them busy runs on its own.
  ///
  /// May be called in a hook and while other threads predict: a pass keeps the threads that it began with.
  /// After `fork` the child process runs on one thread until it calls this. Throws ArgumentError for threads
  /// outside [1, ThreadPool::max_threads] or if the system does not start that many; the former threads are
  /// kept then.
  void set_threads(Index threads) { pool_.set(std::make_shared<ThreadPool>(threads)); }
  /// The same with a pool of your own, which may be shared with other networks or run on threads of the host
  /// program; null for one thread.
  void set_thread_pool(std::shared_ptr<ThreadPool> pool) { pool_.set(std::move(pool)); }
  /// These threads, to be shared with a loader and an optimiser; null before set_threads. Hold the pointer
  /// for as long as they are used.
  std::shared_ptr<ThreadPool> thread_pool() const { return pool_.get(); }
  /// The options of a pass of this network; a const network neither learns nor drops out.
  PassOptions pass_options() { return with_workers({.training = training_, .random = &random_}); }
  /// Returns those of a const network, which neither learns nor drops out.
  PassOptions pass_options() const { return with_workers({}); }

  /// Records a pass of the network on the tape: `Variable y = net(x)`. See `apply` in autograd/module.hpp,
  /// which must be included.
  template <class X>
  auto operator()(X&& x) & {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  /// Does the same for a const network.
  template <class X>
  auto operator()(X&& x) const& {
    return detail::call_on_tape(*this, std::forward<X>(x));
  }
  template <class X>
  void operator()(X&& x) const&& = delete;  // the graph would refer to a network that is gone

  /// Runs a training pass and keeps what backward needs: `[N, ...] -> [N, ...]`. x must live until then,
  /// except that a temporary tensor is kept. The result lives here until the next forward. Throws ShapeError,
  /// which names the layer.
  const Tensor<Scalar>& forward(ConstView x) & { return forward(x, random_); }
  /// Draws dropout masks from this generator.
  const Tensor<Scalar>& forward(ConstView x, Generator& random) & { return forward(x, random, {}); }
  /// Does the same for some rows of a batch that several processes share: each calls this at the same time.
  const Tensor<Scalar>& forward(ConstView x, Generator& random, const SharedBatch& shared) &;
  /// Keeps a temporary input for backward.
  const Tensor<Scalar>& forward(Tensor<Scalar>&& x) & { return forward(std::move(x), random_); }
  /// Keeps a temporary input, and draws from this generator.
  const Tensor<Scalar>& forward(Tensor<Scalar>&& x, Generator& random) & {
    workspace_.value.input.reset();
    workspace_.value.kept_input = std::move(x);
    return forward(ConstView(workspace_.value.kept_input), random);
  }
  /// A view that may be written to would convert to either of them.
  template <std::same_as<View> V>
  const Tensor<Scalar>& forward(V x) & {
    return forward(ConstView(x));
  }
  /// Draws dropout masks from this generator.
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

  /// Adds to the gradient of every parameter that is not frozen, from the gradient of the loss with respect
  /// to the result of the last forward. Unless dx is null, writes the gradient with respect to the input.
  /// Throws ShapeError, and StateError unless the last forward succeeded.
  void backward(ConstView dy, View dx = {});
  /// Returns the output of child i in the last forward, valid until the next one. Throws IndexError, and
  /// StateError unless the last forward succeeded.
  ConstView output(Index i) & {
    TrainingWorkspace<Scalar>& workspace = passed("output");
    Children::check(i);
    return chain(workspace.context).output(i, *workspace.input, workspace.output);
  }
  void output(Index i) && = delete;

  /// Returns the output for an input with dropout off: `[N, ...] -> [N, ...]`. Throws ShapeError, which names
  /// the layer.
  Tensor<Scalar> predict(ConstView x) const {
    Workspace<Scalar> workspace;
    predict(x, workspace);
    return std::move(workspace.output);
  }
  /// Does the same in the caller's memory, where the result lives. Allocates nothing once the workspace has
  /// grown.
  const Tensor<Scalar>& predict(ConstView x, Workspace<Scalar>& workspace) const;

  /// Hooks see every pass through the children; those of forward must be safe from many threads if predict is
  /// used so. A hook may call set_threads, train and eval; it must not change the network otherwise.
  void on_forward(ForwardHook hook) { hooks_.forward.push_back(std::move(hook)); }
  /// Calls a hook for each child in every backward pass.
  void on_backward(BackwardHook hook) { hooks_.backward.push_back(std::move(hook)); }
  /// Removes all hooks.
  void clear_hooks() { hooks_ = {}; }

  // The module's side of a sequence, which keeps nothing of a pass: all of it is in the context.

  /// Returns the shape of the output for an input of shape x. Throws ShapeError if x does not fit.
  Shape output_shape(const Shape& x) const {
    Shape shape = x;
    for (Index i = 0; i < this->size(); ++i) shape = detail::child_output_shape((*this)[i], i, shape);
    return shape;
  }
  /// Writes the output of a pass whose memory is the context.
  void forward(const ConstView& x, const View& y, Context& context) const {
    const ConstChain chain = this->chain(context);
    chain.plan(x.shape());
    chain.run(x, y);
  }
  /// Writes the gradient of the input.
  void backward(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx,
                Context& context) const {
    chain(context).backward(x, y, dy, dx);
  }
  /// Does the same and adds to the gradient of every parameter.
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

  void run(const ConstView& x, Workspace<Scalar>& workspace) const {
    const ConstChain chain = this->chain(workspace.context);
    workspace.output.resize(chain.plan(x.shape()));
    chain.run(x, workspace.output);
  }

  /// The memory of the last forward. Throws StateError unless it succeeded.
  TrainingWorkspace<Scalar>& passed(const char* function) {
    if (workspace_.value.input) return workspace_.value;
    throw StateError(std::string("Sequential: ") + function + " without a forward before it");
  }

  PassOptions with_workers(PassOptions options) const {
    options.pool = pool_.workers();
    options.parallel = Parallel(options.pool.get());
    return options;
  }

  /// True if a pass would overwrite its own input.
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

// Not in the class, where they would be inline: gradus/compiled.hpp keeps them out of a translation unit.

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
  const std::shared_ptr<ThreadPool> pool = pool_.workers();
  workspace.context.begin({.parallel = Parallel(pool.get())});
  run(x, workspace);
  return workspace.output;
}

namespace detail {

template <class Scalar>
ContextPool* context_pool(Sequential<Scalar>& network) {
  return &network.context_pool_.value;
}

}  // namespace detail

/// The scalar of a network is that of its modules with parameters, which cannot be mixed. `Tanh{}` fits all.
/// A nested sequence has a scalar of its own, parameters or not: `Sequential<double>{Tanh{}, ReLU{}}`.
template <class M>
Sequential(M) -> Sequential<detail::scalar_of<M>>;
/// Deduces the scalar of several modules.
template <class... Modules>
Sequential(Modules...) -> Sequential<detail::scalar_of<Modules...>>;
/// Deduces float for modules with names, unless one of them is of double.
Sequential(std::initializer_list<NamedModule<float>>)->Sequential<float>;
/// Deduces double for modules with names. It is a template, so that the guide above is preferred where
/// modules fit both scalars.
template <class Scalar = double>
requires std::same_as<Scalar, double> Sequential(std::initializer_list<NamedModule<Scalar>>)
->Sequential<Scalar>;

}  // namespace gradus::nn
