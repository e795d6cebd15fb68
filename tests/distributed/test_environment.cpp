// SPDX-License-Identifier: MIT

#include <map>
#include <string>

#include <doctest/doctest.h>

#include <gradus/distributed/environment.hpp>

#include "world.hpp"

namespace {

using gradus::mpi::detail::Launch;

Launch launch_with(const std::map<std::string, std::string>& variables) {
  return gradus::mpi::detail::find_launch([&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}
bool is_launched_with(const std::map<std::string, std::string>& variables) {
  return launch_with(variables).is_launched;
}

}  // namespace

TEST_CASE("mpi::Environment: knows the launcher and the library") {
  // tests/distributed/faults.sh tests what ends a job.
  CHECK(gradus::mpi::is_launched());
  const auto processes = gradus::mpi::detail::find_launch().processes;
  REQUIRE(processes.has_value());
  CHECK(*processes == gradus::test::world().size());
  const std::string library = gradus::mpi::Environment::library();
  CAPTURE(library);
  CHECK((library.starts_with("Open MPI v") || library.starts_with("MPICH Version")));
}

TEST_CASE("mpi::is_launched: mpirun and srun are found by their variables") {
  CHECK(launch_with({{"OMPI_COMM_WORLD_SIZE", "1"}}).processes == 1);
  CHECK(launch_with({{"PMI_RANK", "0"}, {"PMI_SIZE", "1"}}).processes == 1);
  CHECK(launch_with({{"PMI_RANK", "2"}, {"PMI_SIZE", "3"}}).processes == 3);
  CHECK(launch_with({{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "4"}}).processes == 4);
  CHECK(is_launched_with({{"PMIX_RANK", "1"}, {"PMIX_NAMESPACE", "job"}}));
  CHECK_FALSE(launch_with({{"PMIX_RANK", "1"}, {"PMIX_NAMESPACE", "job"}}).processes.has_value());
  CHECK(is_launched_with({{"PMI_RANK", "0"}}));
}

TEST_CASE("mpi::is_launched: mpirun of a job with one task per machine counts its own processes") {
  const std::map<std::string, std::string> step{{"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}};
  auto open_mpi = step, mpich = step;
  open_mpi["OMPI_COMM_WORLD_SIZE"] = "4";
  mpich["PMI_RANK"] = "0";
  mpich["PMI_SIZE"] = "4";
  CHECK(launch_with(open_mpi).processes == 4);
  CHECK(launch_with(mpich).processes == 4);
}

TEST_CASE("mpi::is_launched: a program in a shell of salloc or a script of sbatch is not launched") {
  CHECK_FALSE(is_launched_with({}));
  // salloc on the login machine, and the script of sbatch
  CHECK_FALSE(is_launched_with({{"SLURM_JOB_ID", "1"}, {"SLURM_NTASKS", "4"}, {"SLURM_NPROCS", "4"}}));
  CHECK_FALSE(is_launched_with({{"SLURM_JOB_ID", "1"}, {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}}));
  // salloc with LaunchParameters=use_interactive_step, for each MpiDefault
  std::map<std::string, std::string> shell{
      {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}, {"SLURM_STEP_NUM_TASKS", "1"}};
  CHECK_FALSE(is_launched_with(shell));
  shell["PMIX_RANK"] = "0";
  CHECK_FALSE(is_launched_with(shell));
  shell.erase("PMIX_RANK");
  shell["PMI_RANK"] = "0";
  shell["PMI_SIZE"] = "1";
  CHECK_FALSE(is_launched_with(shell));
  // not numbers, and a size without a rank
  CHECK_FALSE(is_launched_with({{"OMPI_COMM_WORLD_SIZE", ""}, {"PMI_SIZE", "4"}, {"PMIX_RANK", "x"}}));
}
