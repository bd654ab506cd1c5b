find_package(Boost 1.81 REQUIRED CONFIG COMPONENTS fiber)
target_link_libraries(application PRIVATE Boost::fiber)
