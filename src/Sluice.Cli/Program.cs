using Sluice.Cli;

return SluiceProgram.Run(args);
