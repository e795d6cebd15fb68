#include <gradus/data/gzip.hpp>

int main() {}
