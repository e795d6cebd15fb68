#pragma once

#include <algorithm>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gradus/core/error.hpp>
#include <gradus/core/parallel.hpp>
#include <gradus/core/random.hpp>
#include <gradus/core/shared_pool.hpp>
#include <gradus/core/tensor.hpp>
#include <gradus/nn/any_module.hpp>
#include <gradus/nn/module.hpp>
#include <gradus/nn/nesting.hpp>
#include <gradus/nn/workspace.hpp>
#include <gradus/ops/check.hpp>

namespace gradus::nn {

/// Modules one after another; itself a module, so sequences nest, up to max_nesting deep.
///
/// Children are values: a copy is an independent network with the same parameters. The network owns the
/// memory of one training pass (`forward`, then `backward`); `predict` is const and safe from many threads at
/// once while nobody trains: no forward, backward, optimiser step or other change of the parameters may run
/// beside it. `set_threads` may.
template <class Scalar = float>
class Sequential {
  // Not a constraint of the template: clang 14 would then prefer the constructors to the deduction guides.
  static_assert(FloatOrDouble<Scalar>, "Sequential: the scalar is float or double (FloatOrDouble)");

 public:
  using scalar_type = Scalar;
  using View = TensorView<Scalar>;
  using ConstView = TensorView<const Scalar>;
  /// Called with a child's number, its input and its output.
  using ForwardHook = std::function<void(Index child, ConstView x, ConstView y)>;
  /// Called with a child's number and the gradients of the loss with respect to its output and its input; the
  /// latter is null where nobody needs it.
  using BackwardHook = std::function<void(Index child, ConstView dy, ConstView dx)>;

  Sequential() = default;
  template <class M>
  requires(!std::same_as<M, Sequential>) && ModuleFor<M, Scalar> Sequential(M module) {
    push_back(std::move(module));
  }
  template <class... Modules>
  requires(sizeof...(Modules) > 1) Sequential(Modules... modules) {
    children_.reserve(sizeof...(modules));
    (push_back(std::move(modules)), ...);
  }
  Sequential(const Sequential&) = default;
  Sequential(Sequential&&) noexcept = default;
  /// All or nothing, if memory runs out.
  Sequential& operator=(const Sequential& other) { return *this = Sequential(other); }
  Sequential& operator=(Sequential&&) noexcept = default;
  ~Sequential() = default;

  /// Throws ArgumentError if sequences would be nested more than max_nesting deep.
  template <class M>
  void push_back(M module) {
    detail::check_module<M, Scalar>();
    AnyModule<Scalar> child(std::move(module));
    if (child.depth() >= max_nesting) detail::fail_nesting();
    children_.push_back(std::move(child));
    pass_ = {};
  }
  Index size() const { return static_cast<Index>(children_.size()); }
  /// Child number i. Throws IndexError.
  AnyModule<Scalar>& operator[](Index i) & { return children_[checked(i)]; }
  const AnyModule<Scalar>& operator[](Index i) const& { return children_[checked(i)]; }
  /// Of a temporary network, the child itself.
  AnyModule<Scalar> operator[](Index i) && { return std::move(children_[checked(i)]); }

  /// In training mode, which a new network is in, forward drops out and looks at the batch; predict never
  /// does.
  void train(bool on = true) { training_ = on; }
  void eval() { train(false); }
  bool is_training() const { return training_; }
  /// What dropout draws from where forward is given no generator.
  Generator& random() & { return random_; }
  /// How many threads share the work of a pass, 1 at first; results are the same bit for bit. Copies of the
  /// network share the threads, and a pass that finds them busy runs on its own.
  ///
  /// May be called in a hook and while other threads predict: a pass keeps the threads that it began with.
  /// After `fork` the child process runs on one thread until it calls this. Throws ArgumentError for threads
  /// outside [1, ThreadPool::max_threads] or if the system does not start that many; the former threads are
  /// kept then.
  void set_threads(Index threads) { pool_.set(std::make_shared<ThreadPool>(threads)); }
  /// These threads, to be shared with a loader and an optimiser; null before set_threads. Hold the pointer
  /// for as long as they are used.
  std::shared_ptr<ThreadPool> thread_pool() const { return pool_.get(); }
  /// What a pass of this network is made with; a const network neither learns nor drops out.
  Pass pass() { return with_workers({.training = training_, .random = &random_}); }
  Pass pass() const { return with_workers({}); }
  /// Memory for a pass on the tape, and where it goes afterwards, to be used again.
  Context take_context() {
    if (spare_contexts_.value.empty()) return {};
    Context context = std::move(spare_contexts_.value.back());
    spare_contexts_.value.pop_back();
    return context;
  }
  void give_back(Context context) {
    context.pass() = {};
    spare_contexts_.value.push_back(std::move(context));
  }

  /// The network on the tape: `Variable y = net(x)`, which autograd/module.hpp explains.
  template <class X>
  auto operator()(X&& x) & {
    return apply(*this, std::forward<X>(x));
  }
  template <class X>
  auto operator()(X&& x) const& {
    return apply(*this, std::forward<X>(x));
  }
  template <class X>
  void operator()(X&& x) const&& = delete;  // the graph would refer to a network that is gone

  /// A training pass, remembered for backward: `[N, ...] -> [N, ...]`. x must live until then; a temporary
  /// tensor is kept. The result lives here until the next forward. Throws ShapeError, which names the layer.
  const Tensor<Scalar>& forward(ConstView x) & { return forward(x, random_); }
  const Tensor<Scalar>& forward(ConstView x, Generator& random) & {
    TrainingPass<Scalar>& pass = pass_.value;
    if (lies_in(x, pass.output)) return forward(Tensor<Scalar>(x), random);
    pass.input.reset();
    const std::shared_ptr<ThreadPool> pool = pool_.workers();
    pass.context.pass() = {training_, &random, Parallel(pool.get()), nullptr};
    pass.output.resize(plan(x.shape(), pass.context));
    run(x, pass.output, pass.context);
    if (pass.context.training()) update(pass.context);
    pass.input = x;
    return pass.output;
  }
  const Tensor<Scalar>& forward(Tensor<Scalar>&& x) & { return forward(std::move(x), random_); }
  const Tensor<Scalar>& forward(Tensor<Scalar>&& x, Generator& random) & {
    pass_.value.input.reset();
    pass_.value.kept_input = std::move(x);
    return forward(ConstView(pass_.value.kept_input), random);
  }
  // A view that may be written to would convert to either of them.
  template <std::same_as<View> V>
  const Tensor<Scalar>& forward(V x) & {
    return forward(ConstView(x));
  }
  template <std::same_as<View> V>
  const Tensor<Scalar>& forward(V x, Generator& random) & {
    return forward(ConstView(x), random);
  }
  /// Of a temporary network, the result itself.
  template <class... Args>
  requires(sizeof...(Args) == 1 || sizeof...(Args) == 2) Tensor<Scalar> forward(Args&&... args) && {
    Sequential& network = *this;
    network.forward(std::forward<Args>(args)...);
    return std::move(pass_.value.output);
  }

  /// From the gradient of the loss with respect to the last forward's result, adds to the gradient of every
  /// parameter and, unless dx is null, writes that with respect to the input. Throws StateError unless the
  /// last forward succeeded, ShapeError.
  void backward(ConstView dy, View dx = {}) {
    TrainingPass<Scalar>& pass = pass_.value;
    if (!pass.input) throw StateError("Sequential: backward without a forward before it");
    ops::check_shape("Sequential: backward", "output gradient", dy.shape(), pass.output.shape());
    if (!dx.is_null())
      ops::check_shape("Sequential: backward", "input gradient", dx.shape(), pass.input->shape());
    const std::shared_ptr<ThreadPool> pool = pool_.workers();
    pass.context.pass().parallel = Parallel(pool.get());
    accumulate(*pass.input, pass.output, dy, dx, pass.context);
  }

  /// The output for an input with dropout off: `[N, ...] -> [N, ...]`. Throws ShapeError, which names the
  /// layer.
  Tensor<Scalar> predict(ConstView x) const {
    Workspace<Scalar> workspace;
    predict(x, workspace);
    return std::move(workspace.output);
  }
  /// The same in the caller's memory, where the result lives: allocates nothing once the workspace has grown.
  const Tensor<Scalar>& predict(ConstView x, Workspace<Scalar>& workspace) const {
    if (lies_in(x, workspace.output)) return predict(Tensor<Scalar>(x), workspace);
    const std::shared_ptr<ThreadPool> pool = pool_.workers();
    workspace.context.pass() = {false, nullptr, Parallel(pool.get()), nullptr};
    workspace.output.resize(plan(x.shape(), workspace.context));
    run(x, workspace.output, workspace.context);
    return workspace.output;
  }

  /// All parameters in order, with PyTorch's names: `1.weight`, `1.bias`; `3.0.weight` in a nested sequence.
  std::vector<NamedParameter<Scalar>> named_parameters() & {
    std::vector<NamedParameter<Scalar>> all;
    visit([&](std::string_view name, Parameter<Scalar>& parameter) {
      all.push_back({std::string(name), &parameter});
    });
    return all;
  }
  void named_parameters() && = delete;  // they would point into a network that is gone
  /// State that is not trained, such as running means.
  std::vector<NamedBuffer<Scalar>> named_buffers() & {
    std::vector<NamedBuffer<Scalar>> all;
    visit_buffers([&](std::string_view name, Tensor<Scalar>& tensor) {
      all.push_back({std::string(name), &tensor});
    });
    return all;
  }
  void named_buffers() && = delete;
  void zero_grad() {
    visit([](std::string_view, Parameter<Scalar>& parameter) { parameter.zero_grad(); });
  }
  /// Draws all parameters anew, module by module, as PyTorch does when it builds the network.
  void reset_parameters(Generator& random) {
    for (AnyModule<Scalar>& child : children_) child.reset_parameters(random);
  }

  /// Hooks see every pass through the children; those of forward must be safe from many threads if predict is
  /// used so. A hook may call set_threads, train and eval; it must not change the network otherwise.
  void on_forward(ForwardHook hook) { forward_hooks_.push_back(std::move(hook)); }
  void on_backward(BackwardHook hook) { backward_hooks_.push_back(std::move(hook)); }
  void clear_hooks() {
    forward_hooks_.clear();
    backward_hooks_.clear();
  }

  /// The first child in whose output of the last forward a number is not finite.
  std::optional<Index> first_non_finite() {
    TrainingPass<Scalar>& pass = pass_.value;
    for (Index i = 0; pass.input && i < size(); ++i) {
      if (!output_of(i, *pass.input, pass.output, pass.context).array().isFinite().all()) return i;
    }
    return std::nullopt;
  }

  // The module's side of a sequence: nothing of a pass is kept here, all of it in a context.

  Shape output_shape(const Shape& x) const {
    Shape shape = x;
    for (std::size_t i = 0; i < children_.size(); ++i) shape = child_output_shape(i, shape);
    return shape;
  }

  // y = f_n(... f_2(f_1(x)))
  void forward(const ConstView& x, const View& y, Context& context) const {
    plan(x.shape(), context);
    run(x, y, context);
  }

  // dL/dx = J_1^T ... J_n^T dL/dy
  void backward(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx,
                Context& context) const {
    sweep_back(*this, 0, x, y, dy, dx, context,
               [](const AnyModule<Scalar>& child, auto&&... pass) { child.backward(pass...); });
  }
  // The same sweep, with every parameter's gradient; without dx it ends at the first layer that has
  // parameters.
  void accumulate(const ConstView& x, const ConstView& y, const ConstView& dy, const View& dx,
                  Context& context) {
    const auto trained =
        std::ranges::find_if(children_, [](const auto& child) { return child.has_parameters(); });
    sweep_back(*this, dx.is_null() ? trained - children_.begin() : 0, x, y, dy, dx, context,
               [](AnyModule<Scalar>& child, auto&&... pass) { child.accumulate(pass...); });
  }

  template <class F>
  void visit(F&& f) {
    visit_children(*this, f);
  }
  template <class F>
  void visit(F&& f) const {
    visit_children(*this, f);
  }
  template <class F>
  void visit_buffers(F&& f) {
    visit_child_buffers(*this, f);
  }
  template <class F>
  void visit_buffers(F&& f) const {
    visit_child_buffers(*this, f);
  }
  void update(Context& context) {
    for (Index i = 0; i < size(); ++i) children_[static_cast<std::size_t>(i)].update(context.child(i));
  }
  bool has_parameters() const {
    return std::ranges::any_of(children_, [](const auto& child) { return child.has_parameters(); });
  }
  Index depth() const {
    Index deepest = 0;
    for (const AnyModule<Scalar>& child : children_) deepest = std::max(deepest, child.depth());
    return deepest + 1;
  }

 private:
  template <class Self, class F>
  static void visit_children(Self& self, F& f) {
    for (std::size_t i = 0; i < self.children_.size(); ++i) {
      self.children_[i].visit([&](std::string_view name, auto& parameter) { f(path(i, name), parameter); });
    }
  }
  template <class Self, class F>
  static void visit_child_buffers(Self& self, F& f) {
    for (std::size_t i = 0; i < self.children_.size(); ++i) {
      self.children_[i].visit_buffers([&](std::string_view name, auto& tensor) { f(path(i, name), tensor); });
    }
  }

  Pass with_workers(Pass pass) const {
    pass.pool = pool_.workers();
    pass.parallel = Parallel(pass.pool.get());
    return pass;
  }

  /// True where a pass would overwrite its own input.
  static bool lies_in(ConstView x, const Tensor<Scalar>& output) {
    return !x.empty() && !std::less<>()(x.data(), output.begin()) && std::less<>()(x.data(), output.end());
  }

  std::size_t checked(Index i) const {
    if (i < 0 || i >= size()) {
      throw IndexError("Sequential: child " + std::to_string(i) + ", expected one in [0, " +
                       std::to_string(size()) + ")");
    }
    return static_cast<std::size_t>(i);
  }

  static std::string path(std::size_t i, std::string_view name) {
    return std::to_string(i) + "." + std::string(name);
  }

  Shape child_output_shape(std::size_t i, const Shape& x) const {
    try {
      return children_[i].output_shape(x);
    } catch (const ShapeError& error) {
      throw ShapeError("Sequential: layer " + std::to_string(i) + ": " + error.what());
    }
  }

  /// Works out the shape of every child's output, into the context; returns the last.
  Shape plan(const Shape& x, Context& context) const {
    context.shapes().resize(children_.size());
    Shape shape = x;
    for (std::size_t i = 0; i < children_.size(); ++i) {
      context.shapes()[i] = shape = child_output_shape(i, shape);
    }
    return shape;
  }

  /// True where child i has nothing to compute and its input is passed on; the last one writes the result.
  bool passes_on(Index i, Context& context) const {
    return i + 1 < size() && children_[static_cast<std::size_t>(i)].is_identity(context.child(i));
  }

  /// The output of child i where the pass has put it; its input is that of child i - 1.
  ConstView output_of(Index i, const ConstView& x, const ConstView& y, Context& context) const {
    Index writer = i;
    while (writer >= 0 && passes_on(writer, context)) --writer;
    const Shape shape = i < 0 ? x.shape() : context.shapes()[static_cast<std::size_t>(i)];
    if (writer < 0) return ConstView(x.data(), shape);
    if (writer + 1 == size()) return y;
    return context.buffer<Scalar>(writer, shape);
  }

  void run(const ConstView& x, const View& y, Context& context) const {
    ConstView in = x;
    for (Index i = 0; i < size(); ++i) {
      const Shape& shape = context.shapes()[static_cast<std::size_t>(i)];
      ConstView out(in.data(), shape);
      if (!passes_on(i, context)) {
        const View written = i + 1 == size() ? y : context.buffer<Scalar>(i, shape);
        children_[static_cast<std::size_t>(i)].forward(in, written, context.child(i));
        out = written;
      }
      for (const ForwardHook& hook : forward_hooks_) hook(i, in, out);
      in = out;
    }
    if (size() == 0) std::copy_n(x.data(), x.size(), y.data());
  }

  /// From the last child down to `first`, each gradient written into one of two buffers in turn.
  template <class Self, class Step>
  static void sweep_back(Self& self, Index first, const ConstView& x, const ConstView& y, const ConstView& dy,
                         const View& dx, Context& context, const Step& step) {
    ConstView above = dy;
    Index turn = 0;
    for (Index i = self.size() - 1; i >= first; --i) {
      const ConstView in = self.output_of(i - 1, x, y, context);
      ConstView below(above.data(), in.shape());
      if (!self.passes_on(i, context)) {
        const View written = i == 0 ? dx
                             : i == first && dx.is_null()
                                 ? View{}
                                 : context.buffer<Scalar>(self.size() + turn, in.shape());
        step(self.children_[static_cast<std::size_t>(i)], in, self.output_of(i, x, y, context), above,
             written, context.child(i));
        below = written;
        turn = 1 - turn;
      }
      for (const BackwardHook& hook : self.backward_hooks_) hook(i, above, below);
      above = below;
    }
    if (!dx.is_null() && above.data() != dx.data()) std::copy_n(above.data(), above.size(), dx.data());
  }

  std::vector<AnyModule<Scalar>> children_;
  bool training_ = true;
  Generator random_{};
  gradus::detail::SharedPool pool_;
  std::vector<ForwardHook> forward_hooks_;
  std::vector<BackwardHook> backward_hooks_;
  detail::FreshWhenCopied<TrainingPass<Scalar>> pass_;
  detail::FreshWhenCopied<std::vector<Context>> spare_contexts_;
};

namespace detail {

/// Double if all modules are for double, or if those are that cannot be cast.
template <class... Modules>
struct ScalarOf {
  static constexpr bool plain = (Module<Modules, double> && ...) && !(Module<Modules, float> && ...);
  static constexpr bool cast = (ModuleFor<Modules, double> && ...) && !(ModuleFor<Modules, float> && ...);
  using type = std::conditional_t<plain || cast, double, float>;
};
template <class... Modules>
using scalar_of = typename ScalarOf<Modules...>::type;

}  // namespace detail

/// The scalar of a network is that of its modules with parameters, which cannot be mixed; `Tanh{}` fits all.
template <class M>
Sequential(M) -> Sequential<detail::scalar_of<M>>;
template <class... Modules>
Sequential(Modules...) -> Sequential<detail::scalar_of<Modules...>>;

}  // namespace gradus::nn
