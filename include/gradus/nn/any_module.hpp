#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <typeinfo>
#include <utility>

#include <gradus/nn/module.hpp>
#include <gradus/nn/nesting.hpp>

namespace gradus::nn {

/// Any module, as a value: copies copy the module, so networks can be stored, nested and built at run time.
/// One virtual call, which beside a matrix product costs nothing. Itself a Container.
template <class Scalar = float>
class AnyModule {
 public:
  using ParameterVisitor = std::function<void(std::string_view name, Parameter<Scalar>&)>;
  using BufferVisitor = std::function<void(std::string_view name, Tensor<Scalar>&)>;

  template <class M>
  requires(!std::same_as<M, AnyModule> && Module<M, Scalar>) AnyModule(M module)
      : self_(new Model<M>(std::move(module))) {}

  AnyModule(const AnyModule& other) : self_(other.call()->clone()) {}
  AnyModule(AnyModule&&) noexcept = default;
  AnyModule& operator=(const AnyModule& other) { return *this = AnyModule(other); }
  AnyModule& operator=(AnyModule&&) noexcept = default;
  ~AnyModule() = default;

  Shape output_shape(const Shape& x) const { return call()->output_shape(x); }
  // Views are passed by reference: copies of them would take more time and more stack than the call.
  void forward(const TensorView<const Scalar>& x, const TensorView<Scalar>& y, Context& context) const {
    call()->forward(x, y, context);
  }
  void backward(const TensorView<const Scalar>& x, const TensorView<const Scalar>& y,
                const TensorView<const Scalar>& dy, const TensorView<Scalar>& dx, Context& context) const {
    call()->backward(x, y, dy, dx, context);
  }
  /// Adds to the parameters' gradients and, unless dx is null, writes the input's.
  void accumulate(const TensorView<const Scalar>& x, const TensorView<const Scalar>& y,
                  const TensorView<const Scalar>& dy, const TensorView<Scalar>& dx, Context& context) {
    call()->accumulate(x, y, dy, dx, context);
  }
  void visit(const ParameterVisitor& f) { call()->visit(f); }
  void visit_buffers(const BufferVisitor& f) { call()->visit_buffers(f); }
  void update(Context& context) { call()->update(context); }
  void reset_parameters(Generator& random) { call()->reset_parameters(random); }
  bool has_parameters() const { return call()->has_parameters(); }
  bool is_identity(const Context& context) const { return call()->is_identity(context); }
  std::string name() const { return call()->name(); }
  /// How many levels of modules it holds: 0 unless it is a container with `Index depth() const`.
  Index depth() const { return call()->depth(); }

  /// The module on the tape: `Variable y = net[0](x)`, which autograd/module.hpp explains.
  template <class X>
  auto operator()(X&& x) {
    return apply(*this, std::forward<X>(x));
  }
  template <class X>
  auto operator()(X&& x) const {
    return apply(*this, std::forward<X>(x));
  }

  /// The module as what it is, or null if it is something else: `net[1].get_if<Linear<float>>()`.
  template <class M>
  M* get_if() {
    auto* model = dynamic_cast<Model<M>*>(self_.get());
    return model == nullptr ? nullptr : &model->module;
  }
  template <class M>
  const M* get_if() const {
    return const_cast<AnyModule*>(this)->template get_if<M>();
  }
  /// The module as what it is: `net[1].as<Linear<float>>().weight`. Throws ArgumentError if it is something
  /// else.
  template <class M>
  M& as() {
    M* module = get_if<M>();
    if (module == nullptr) throw ArgumentError("as: module is " + name() + ", not " + detail::type_name<M>());
    return *module;
  }
  template <class M>
  const M& as() const {
    return const_cast<AnyModule*>(this)->template as<M>();
  }
  /// The same with the network's own scalar: `net[1].as<Linear>().weight`.
  template <template <class> class M>
  M<Scalar>& as() {
    return as<M<Scalar>>();
  }
  template <template <class> class M>
  const M<Scalar>& as() const {
    return as<M<Scalar>>();
  }

 private:
  using Const = const TensorView<const Scalar>&;
  using Mutable = const TensorView<Scalar>&;

  struct Interface;
  /// Destroys a module. Modules that it holds wait in a list until it is gone, so that no nesting is too
  /// deep.
  struct Delete {
    void operator()(Interface* module) const noexcept {
      thread_local constinit Interface* waiting = nullptr;
      thread_local constinit bool busy = false;
      module->next = std::exchange(waiting, module);
      if (busy) return;
      busy = true;
      while (waiting) delete std::exchange(waiting, waiting->next);
      busy = false;
    }
  };
  using Pointer = std::unique_ptr<Interface, Delete>;

  struct Interface {
    virtual ~Interface() = default;
    virtual Pointer clone() const = 0;
    virtual Shape output_shape(const Shape& x) const = 0;
    virtual void forward(Const x, Mutable y, Context& context) const = 0;
    virtual void backward(Const x, Const y, Const dy, Mutable dx, Context& context) const = 0;
    virtual void accumulate(Const x, Const y, Const dy, Mutable dx, Context& context) = 0;
    virtual void visit(const ParameterVisitor& f) = 0;
    virtual void visit_buffers(const BufferVisitor& f) = 0;
    virtual void update(Context& context) = 0;
    virtual void reset_parameters(Generator& random) = 0;
    virtual bool has_parameters() const = 0;
    virtual bool is_identity(const Context& context) const = 0;
    virtual std::string name() const = 0;
    virtual Index depth() const = 0;

    Interface* next = nullptr;
  };

  /// The module during one call of it, which counts as a level of nesting.
  class Call {
   public:
    explicit Call(Interface* module) : module_(module) {}
    Interface* operator->() const { return module_; }

   private:
    detail::NestedCall level_;
    Interface* module_;
  };
  Call call() const { return Call(self_.get()); }

  template <class M>
  struct Model final : Interface {
    static_assert(
        !detail::HasParameters<M> || detail::HasGradient<M, Scalar> || Container<M, Scalar>,
        "a module with parameters (visit) needs void gradient(x, dy, Context&), or they never train");

    // By reference: nested copies would otherwise put one copy per level on the stack.
    explicit Model(const M& m) : module(m) {}
    explicit Model(M&& m) : module(std::move(m)) {}

    Pointer clone() const override { return Pointer(new Model(module)); }
    Shape output_shape(const Shape& x) const override { return module.output_shape(x); }
    void forward(Const x, Mutable y, Context& context) const override { module.forward(x, y, context); }
    void backward(Const x, Const y, Const dy, Mutable dx, Context& context) const override {
      module.backward(x, y, dy, dx, context);
    }
    void accumulate(Const x, Const y, Const dy, Mutable dx, Context& context) override {
      if constexpr (Container<M, Scalar>) {
        module.accumulate(x, y, dy, dx, context);
      } else {
        if constexpr (detail::HasGradient<M, Scalar>) module.gradient(x, dy, context);
        if (!dx.is_null()) module.backward(x, y, dy, dx, context);
      }
    }
    void visit([[maybe_unused]] const ParameterVisitor& f) override {
      if constexpr (detail::HasParameters<M>) module.visit(f);
    }
    void visit_buffers([[maybe_unused]] const BufferVisitor& f) override {
      if constexpr (detail::HasBuffers<M>) module.visit_buffers(f);
    }
    void update([[maybe_unused]] Context& context) override {
      if constexpr (detail::HasUpdate<M>) module.update(context);
    }
    void reset_parameters([[maybe_unused]] Generator& random) override {
      if constexpr (detail::HasReset<M>) module.reset_parameters(random);
    }
    bool has_parameters() const override {
      if constexpr (requires {
                      { module.has_parameters() } -> std::convertible_to<bool>;
                    }) {
        return module.has_parameters();
      } else {
        return detail::HasParameters<M>;
      }
    }
    bool is_identity([[maybe_unused]] const Context& context) const override {
      if constexpr (detail::HasIsIdentity<M>) return module.is_identity(context);
      return false;
    }
    std::string name() const override { return module_name(module); }
    Index depth() const override {
      if constexpr (detail::HasDepth<M>) return module.depth();
      return 0;
    }

    M module;
  };

  Pointer self_;
};

}  // namespace gradus::nn
