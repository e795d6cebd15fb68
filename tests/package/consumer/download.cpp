#include <gradus/data/download.hpp>

int main() {}
