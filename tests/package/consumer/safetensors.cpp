#include <gradus/io/safetensors.hpp>

int main() {}
