/** Rules that hold for the whole project: dependencies between modules and packages, and the form of source files. */
package panatorch.house;
